"""A contact card as a phone shows it in a conversation: the photo, the name, and that it is a card."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw, ImageOps

from engine.messaging.media.contact_card import SIDE, name_of, photo_of
from engine.preview.drawing.text_drawing import font, plain

_BEGINS = b"BEGIN:VCARD"
_PHOTO = 300  # pixels


def seen(data: bytes) -> bytes:
    """What is shown of a message's picture: of a contact card its face, else the picture itself."""
    return face(data) if data.lstrip(b"\xef\xbb\xbf")[: len(_BEGINS)].upper() == _BEGINS else data


def face(card: bytes) -> bytes:
    """A PNG of SIDE × SIDE pixels. A photo that cannot be decoded is left out."""
    tile = Image.new("RGB", (SIDE, SIDE), "white")
    pen, left = ImageDraw.Draw(tile), (SIDE - _PHOTO) // 2
    name = plain(name_of(card)).replace("\n", " ")[:40] or "Contact"
    photo = _photo(photo_of(card))
    if photo is not None:
        round = Image.new("L", photo.size, 0)
        ImageDraw.Draw(round).ellipse((0, 0, *photo.size), fill=255)
        tile.paste(photo, (left, 24), round)
        pen.ellipse((left, 24, left + _PHOTO, 24 + _PHOTO), outline="#D9D9DE", width=2)
    else:
        pen.ellipse((left, 24, left + _PHOTO, 24 + _PHOTO), fill="#C6C6CD")
        pen.text((SIDE / 2, 24 + _PHOTO / 2), name[:1].upper(), "white", font(150), anchor="mm")
    size = 44
    while size > 20 and pen.textlength(name, font(size)) > SIDE - 40:
        size -= 4
    pen.text((SIDE / 2, 372), name, "#0B0B0C", font(size), anchor="mm")
    pen.text((SIDE / 2, 428), "Contact card", "#8A8A8F", font(30), anchor="mm")
    out = BytesIO()
    tile.save(out, "PNG")
    return out.getvalue()


def _photo(data: bytes | None) -> Image.Image | None:
    try:
        with Image.open(BytesIO(data or b""), formats=["JPEG", "PNG", "GIF"]) as opened:
            if opened.width * opened.height > 4_000_000:
                return None
            return ImageOps.fit(opened.convert("RGB"), (_PHOTO, _PHOTO))
    except Exception:  # damaged metadata raises errors of many kinds
        return None
