"""Turns an opened picture into plain pixels: upright, in sRGB, on white, at the requested size.

Invariants: costly steps run on few pixels (scaled down first, then rotated and converted). The result is grey (L) or RGB, without profile,
comment or transparency. A profile or orientation that cannot be read is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageChops, ImageCms

from engine.messaging.media.boxes import Size
from engine.messaging.media.picture import BadMedia

_GREY = ("1", "L", "LA", "I;16", "I")
_ORIENTATION = 0x0112
DECODED = 16_000_000  # pixels of a JPEG; of four bytes each
FAINT = 8  # of 255, between the darkest pixel and white
_SEEN = 3  # of 255: a smaller difference is invisible
_TURNS: Mapping[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Plain(NamedTuple):
    image: Image.Image  # L or RGB
    done: tuple[str, ...]  # in words


def shown_size(image: Image.Image) -> Size:
    """As people see it, turned upright."""
    return _swapped(image.size) if orientation(image) >= 5 else image.size


def orientation(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # damaged metadata raises errors of many kinds
        return 1
    return found if found in _TURNS else 1


def is_plain(image: Image.Image) -> bool:
    """Whether there is nothing to convert."""
    modes = image.mode in ("1", "L", "P", "RGB") and not image.has_transparency_data
    return modes and orientation(image) == 1 and not _shifts(image.info.get("icc_profile"), image.mode)


def plain(image: Image.Image, wanted: Callable[[Size], Size]) -> Plain:
    """`wanted`: computes the target size from the upright size. Raises BadMedia if the result is invisible."""
    turn, profile, grey = orientation(image), image.info.get("icc_profile"), image.mode in _GREY
    shown = shown_size(image)
    size = wanted(shown)
    target = _swapped(size) if turn >= 5 else size
    image.draft(image.mode, _decoded(image.size, target))
    picture = _scalable(image)
    if picture.size != target:
        picture = picture.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    done = ["turned upright"] if turn != 1 else []
    if picture.mode in ("LA", "RGBA"):
        done += ["transparency filled with white"] if picture.getchannel("A").getextrema() != (255, 255) else []
        picture = on_white(picture)
        check_visible([picture])
    if picture.mode == "CMYK" or _shifts(profile, picture.mode):
        picture = _to_srgb(picture, profile)
        done.append("converted to sRGB")
    picture = picture.convert("L" if grey else "RGB")
    if turn != 1:
        picture = picture.transpose(_TURNS[turn])
    picture.info = {}
    return Plain(picture, (*done, *(["made smaller"] if size[0] < shown[0] or size[1] < shown[1] else [])))


def _decoded(size: Size, target: Size) -> Size:
    """A JPEG is decoded at a half or a quarter of its size where that is enough to be made smaller still, or all would be too much."""
    width, height = target[0] * 4 // 3, target[1] * 4 // 3
    if size[0] * size[1] > DECODED:
        width, height = min(width, size[0] // 2), min(height, size[1] // 2)
    return max(1, width), max(1, height)


def check_visible(on_ground: Sequence[Image.Image]) -> None:
    """Checks a picture that was transparent, now on white. Raises BadMedia if all of it is white."""
    for picture in on_ground:
        darkest, _ = picture.convert("L").getextrema()
        if 255 - darkest >= FAINT:  # type: ignore[operator]
            return
    reason = "it would be invisible: transparent areas are filled with white, and the rest is almost white"
    raise BadMedia("unseen", reason, "put it on a background of another colour: phones show no transparency")


def on_white(image: Image.Image) -> Image.Image:
    """LA becomes L, RGBA becomes RGB."""
    flat = image.convert(image.mode[:-1])
    canvas = Image.new(flat.mode, flat.size, "white")
    canvas.paste(flat, mask=image.getchannel("A"))
    return canvas


def _scalable(image: Image.Image) -> Image.Image:
    """In a mode whose pixels can be mixed; a palette's cannot."""
    if image.mode.startswith("I"):  # 16 bits of grey: Pillow's own conversion would make nearly all of it white
        return image.convert("I").point(lambda level: level * (1 / 257)).convert("L")
    grey = image.mode in _GREY
    wanted = ("LA" if grey else "RGBA") if image.has_transparency_data else "L" if grey else "RGB"
    return image if image.mode in (wanted, "CMYK") else image.convert(wanted)


def _shifts(profile: bytes | None, mode: str) -> bool:
    """Whether this profile changes the visible colours; sRGB under any name does not."""
    return profile is not None and _differs(profile, "L" if mode in _GREY else "RGB")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _differs(profile: bytes, mode: str) -> bool:
    levels = range(0, 256, 15)
    colours = [bytes((r, g, b)) for r in levels for g in levels for b in levels]
    if mode == "L":
        sample = Image.frombytes("L", (256, 1), bytes(range(256)))
    else:
        sample = Image.frombytes("RGB", (len(colours), 1), b"".join(colours))
    off = ImageChops.difference(sample.convert("RGB"), _to_srgb(sample, profile).convert("RGB"))
    return any(band.point(lambda level: level > _SEEN and 255).getbbox() for band in off.split())


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    try:
        found = ImageCms.profileToProfile(
            picture, ImageCms.ImageCmsProfile(BytesIO(profile or b"")), _srgb(), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):  # no profile, or one for pictures of another kind
        return picture
    return found or picture


def _swapped(size: Size) -> Size:
    return size[1], size[0]
