"""Pictures for tests, drawn anew each time: photographs, drawings and moving ones, small enough to be quick."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageDraw

Size = tuple[int, int]


def stored(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def read(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data), formats=["JPEG", "PNG", "GIF"])
    image.load()
    return image


def noise(size: Size, mode: str = "RGB", seed: int = 1) -> Image.Image:
    return Image.frombytes(mode, size, random.Random(seed).randbytes(size[0] * size[1] * len(mode)))


@cache
def photo(size: Size = (800, 600), grain: float = 0.12) -> Image.Image:
    """Soft colours with grain; the top left quarter is red, so that one sees which way is up."""
    soft = noise((8, 6), seed=2).resize(size, Image.Resampling.BICUBIC)
    soft.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    return Image.blend(soft, noise(size, seed=3), grain)


@cache
def screenshot(size: Size = (900, 700)) -> Image.Image:
    """Lines of text on a white page."""
    page = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(page)
    for y in range(20, size[1] - 20, 24):
        pen.text((20, y), "Your order 10-2231 is on its way. " * 3, fill=(20, 30, 60))
    pen.rectangle((0, 0, size[0], 14), fill=(30, 90, 200))
    return page


def ball(at: int, size: Size = (120, 90), mode: str = "RGB", ground: Any = "white") -> Image.Image:
    """A red ball on its way to the right: frame `at` of a film."""
    frame = Image.new(mode, size, ground)
    ImageDraw.Draw(frame).ellipse((5 + at * 6, 20, 45 + at * 6, 60), fill="red")
    return frame


def gif(frames: Sequence[Image.Image], duration: int | list[int] = 80, **options: Any) -> bytes:
    return stored(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=duration, **options)


def noisy_frames(count: int, size: Size) -> list[Image.Image]:
    return [Image.blend(photo(size, 0.0), noise(size, seed=n), 0.4) for n in range(count)]


def play_time(data: bytes) -> int:
    """Of all frames in ms."""
    image = read(data)
    total = 0
    for frame in range(getattr(image, "n_frames", 1)):
        image.seek(frame)
        total += image.info.get("duration", 0)
    return total


def place_and_side() -> Image.Exif:
    """What a phone writes: lying on its side, and where it was."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825).update({1: "S", 2: (48.0, 52.0, 36.0), 3: "W", 4: (123.0, 23.0, 36.0)})
    return exif


def wide_gamut() -> bytes:
    """A profile whose red is not that of sRGB: the channels turned about."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    red, green, blue = (profile.index(name) for name in (b"rXYZ", b"gXYZ", b"bXYZ"))
    turned = bytearray(profile)
    turned[red : red + 4], turned[green : green + 4], turned[blue : blue + 4] = b"gXYZ", b"bXYZ", b"rXYZ"
    return bytes(turned)


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
