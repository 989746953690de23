"""A large "photograph" as a phone makes it: twelve million pixels with grain, lying on its side, with the place where it was taken.

The valley is ours and so is the place: in the middle of the ocean, where nobody lives.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

WIDTH, HEIGHT = 3024, 4032  # as people see it
SMALL = (WIDTH // 3, HEIGHT // 3)  # what has soft edges is painted at a third
RIDGES = (  # height of the horizon, roughness, far to near: dark is far below
    (0.46, 0.030, (150, 170, 196), (172, 186, 204)),
    (0.53, 0.045, (104, 134, 160), (136, 158, 172)),
    (0.61, 0.060, (66, 104, 110), (98, 132, 118)),
    (0.72, 0.075, (52, 86, 62), (104, 126, 66)),
    (0.86, 0.060, (40, 62, 36), (92, 106, 48)),
)


def photo(path: Path) -> None:
    """Stored on its side: the camera was held upright, and its sensor does not turn."""
    picture = _valley(random.Random(17)).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    picture = _grainy(picture, random.Random(18))
    stored = picture.transpose(Image.Transpose.ROTATE_90)
    stored.save(path, "JPEG", quality=90, optimize=True, exif=_exif(), comment=b"Made by examples/make_media.py")


def _valley(dice: random.Random) -> Image.Image:
    """Sky, clouds, five ridges with haze between them."""
    sky = ImageOps.colorize(Image.linear_gradient("L").resize(SMALL), (86, 142, 206), (250, 214, 178))
    clouds = _cloudy(dice, SMALL, 5).point(lambda level: max(0, min(255, (level - 120) * 3)))
    fade = Image.linear_gradient("L").resize(SMALL).point(lambda level: max(0, 150 - level))
    sky.paste((255, 250, 244), mask=ImageChops.multiply(clouds, fade))
    _sun(sky)
    for horizon, rough, far, near in RIDGES:
        mask = _ridge(dice, horizon, rough)
        ground = ImageOps.colorize(_cloudy(dice, SMALL, 3), far, near)
        sky.paste(ground, mask=mask)
    return sky


def _sun(sky: Image.Image) -> None:
    x, y, r = SMALL[0] * 0.68, SMALL[1] * 0.3, SMALL[0] * 0.05
    glow = Image.new("L", SMALL, 0)
    ImageDraw.Draw(glow).ellipse((x - 2 * r, y - 2 * r, x + 2 * r, y + 2 * r), fill=150)
    sky.paste((255, 238, 200), mask=glow.filter(ImageFilter.GaussianBlur(r * 1.4)))
    disc = Image.new("L", SMALL, 0)
    ImageDraw.Draw(disc).ellipse((x - r, y - r, x + r, y + r), fill=255)
    sky.paste((255, 250, 232), mask=disc.filter(ImageFilter.GaussianBlur(3)))


def _ridge(dice: random.Random, horizon: float, rough: float) -> Image.Image:
    """All below a line of many waves."""
    waves = [(dice.uniform(0.6, 1.0) * 2.1**n, dice.uniform(0, 7), 0.5**n) for n in range(8)]
    line = []
    for x in range(0, SMALL[0] + 2, 2):
        high = sum(part * math.sin(2 * math.pi * often * x / SMALL[0] + start) for often, start, part in waves)
        line.append((x, SMALL[1] * (horizon - rough * high)))
    mask = Image.new("L", SMALL, 0)
    ImageDraw.Draw(mask).polygon([*line, SMALL, (0, SMALL[1])], fill=255)
    return mask.filter(ImageFilter.GaussianBlur(0.8))


def _cloudy(dice: random.Random, size: tuple[int, int], finest: int) -> Image.Image:
    """Grey clouds: noise of several sizes on top of one another."""
    made = Image.new("L", size, 128)
    for n in range(6):
        cell = 2 ** (finest + 5 - n)
        coarse = (size[0] // cell + 2, size[1] // cell + 2)
        noise = Image.frombytes("L", coarse, dice.randbytes(coarse[0] * coarse[1]))
        made = Image.blend(made, noise.resize(size, Image.Resampling.BICUBIC), 0.45 if n < 2 else 0.25)
    return ImageOps.autocontrast(made, cutoff=1)


def _grainy(picture: Image.Image, dice: random.Random) -> Image.Image:
    """A sensor's noise, in light and in colour."""
    for across, strength in ((2, 0.05), (1, 0.07)):
        size = (picture.width // across, picture.height // across)
        noise = Image.frombytes("RGB", size, dice.randbytes(size[0] * size[1] * 3)).resize(picture.size)
        picture = Image.blend(picture, noise, strength)
    return picture


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Leadoff", "A phone that nobody owns", 6
    exif[0x0132] = "2026:04:01 12:00:00"
    place = exif.get_ifd(0x8825)
    place[1], place[2] = "S", (48.0, 52.0, 36.0)
    place[3], place[4] = "W", (123.0, 23.0, 36.0)
    return exif
