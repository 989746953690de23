"""Small pictures for the cards of a drawing: JPEGs, whatever a flow sends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageOps

from engine.messaging.media.inspection import inspect
from engine.preview.drawing.card_face import seen

LARGEST = (200, 320)  # pixels: twice what a card shows
QUALITY = 80


class Thumbnail(NamedTuple):
    data: bytes
    wide: int
    high: int


def thumbnails(
    names: Iterable[str], read: Callable[[str], bytes | None], largest: tuple[int, int] = LARGEST
) -> dict[str, Thumbnail]:
    """By name; without those that are not there or are damaged. `read`: the picture as it is sent. `largest`: pixels."""
    found = {}
    for name in dict.fromkeys(names):
        data = read(name)
        made = _made(data, largest) if data is not None else None
        if made is not None:
            found[name] = made
    return found


def _made(data: bytes, largest: tuple[int, int]) -> Thumbnail | None:
    data = seen(data)
    try:
        inspect(data)  # its limits come first
        with Image.open(BytesIO(data), formats=["JPEG", "PNG", "GIF"]) as opened:
            opened.draft("RGB", largest)
            turned = ImageOps.exif_transpose(opened)
            # Smaller first: whole and with transparency beside it, a picture would take many megabytes.
            picture = turned if turned.mode in ("RGB", "RGBA", "L") else turned.convert("RGBA")
            picture.thumbnail(largest, Image.Resampling.LANCZOS)
    except Exception:  # damaged metadata raises errors of many kinds
        return None
    picture = picture.convert("RGBA")
    flat = Image.new("RGB", picture.size, "white")
    flat.paste(picture, mask=picture.getchannel("A"))
    out = BytesIO()
    flat.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Thumbnail(out.getvalue(), *flat.size)
