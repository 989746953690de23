"""A small painter on Pillow: shapes from curves, gradients, soft shadows, stitched seams, letter-spaced words.

Rules kept here: coordinates are those of the finished picture; everything is drawn at twice the size and scaled down,
so edges are smooth; the only font is the one inside Pillow; the same calls give the same picture.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from random import Random

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 1080, 1350
FINE = 2  # drawn at twice the size and scaled down: smooth edges
QUALITY = 88

Point = tuple[float, float]
Stops = Sequence[str]


def curve(path: str, flip: bool = False) -> list[Point]:
    """The outline behind a path of `M x y`, `L x y`, `C x1 y1 x2 y2 x y`; `flip` mirrors it left to right."""
    points: list[Point] = []
    for command in path.replace("M", "|M").replace("L", "|L").replace("C", "|C").split("|")[1:]:
        numbers = [float(word) for word in command[1:].split()]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
        if command[0] == "C":
            for i in range(0, len(pairs), 3):
                points += _bezier(points[-1], *pairs[i : i + 3])
        else:
            points += pairs
    return [(WIDTH - x, y) for x, y in points] if flip else points


def _bezier(a: Point, b: Point, c: Point, d: Point) -> list[Point]:
    out = []
    for i in range(1, 33):
        t = i / 32
        p, q, r, s = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        out.append((p * a[0] + q * b[0] + r * c[0] + s * d[0], p * a[1] + q * b[1] + r * c[1] + s * d[1]))
    return out


def circle(x: float, y: float, radius: float, squash: float = 1.0) -> list[Point]:
    turns = [math.tau * i / 96 for i in range(96)]
    return [(x + radius * math.cos(t), y + radius * squash * math.sin(t)) for t in turns]


def box(x: float, y: float, wide: float, high: float, radius: float = 0) -> list[Point]:
    out: list[Point] = []
    for cx, cy, quarter in (
        (x + wide - radius, y + high - radius, 0),
        (x + radius, y + high - radius, 1),
        (x + radius, y + radius, 2),
        (x + wide - radius, y + radius, 3),
    ):
        for i in range(13):
            turn = math.pi / 2 * (quarter + i / 12)
            out.append((cx + radius * math.cos(turn), cy + radius * math.sin(turn)))
    return out


class Scene:
    """A picture being painted, back to front. Coordinates are those of the finished picture."""

    def __init__(self, sky: Stops) -> None:
        self.size = (WIDTH * FINE, HEIGHT * FINE)
        self.image = self._gradient(sky, (0, 0), (0, HEIGHT))

    def _gradient(self, stops: Stops, start: Point, end: Point) -> Image.Image:
        """Colours along the line from `start` to `end`."""
        ramp = Image.new("L", (1, 1024))
        ramp.putdata([min(255, max(0, i - 384)) for i in range(1024)])
        dx, dy = (end[0] - start[0]) * FINE, (end[1] - start[1]) * FINE
        far = dx * dx + dy * dy
        a, b = 255 * dx / far, 255 * dy / far
        c = 384 - a * start[0] * FINE - b * start[1] * FINE
        along = ramp.transform(self.size, Image.Transform.AFFINE, (0, 0, 0.5, a, b, c))
        colours = [ImageColor.getrgb(stop) for stop in stops]
        channels = [along.point([_between(colours, i / 255, channel) for i in range(256)]) for channel in range(3)]
        return Image.merge("RGB", channels)

    def mask(self, outline: Sequence[Point], blur: float = 0) -> Image.Image:
        mask = Image.new("L", self.size)
        ImageDraw.Draw(mask).polygon([(x * FINE, y * FINE) for x, y in outline], fill=255)
        return _blurred(mask, blur * FINE)

    def fill(
        self,
        outline: Sequence[Point],
        *stops: str,
        start: Point = (0, 0),
        end: Point = (0, HEIGHT),
        shadow: tuple[float, float, float, float] | None = None,
        inside: Image.Image | None = None,
        strength: float = 1.0,
        blur: float = 0,
    ) -> Image.Image:
        """Paints a shape in a colour or a gradient, returns its mask. `shadow` is (right, down, blur, strength)."""
        mask = self.mask(outline, blur)
        if inside is not None:
            mask = ImageChops.multiply(mask, inside)
        if shadow:
            self._shade(mask, shadow)
        paint = self._gradient(stops, start, end) if len(stops) > 1 else Image.new("RGB", self.size, stops[0])
        self.image.paste(paint, (0, 0), mask.point([round(i * strength) for i in range(256)]))
        return mask

    def _shade(self, mask: Image.Image, shadow: tuple[float, float, float, float]) -> None:
        right, down, blur, strength = shadow
        moved = Image.new("L", self.size)
        moved.paste(mask, (round(right * FINE), round(down * FINE)))
        soft = _blurred(moved, blur * FINE).point([round(i * strength) for i in range(256)])
        self.image.paste((58, 34, 24), (0, 0), soft)

    def line(
        self,
        points: Sequence[Point],
        colour: str,
        width: float,
        strength: float = 1.0,
        inside: Image.Image | None = None,
    ) -> None:
        mask = Image.new("L", self.size)
        pen = ImageDraw.Draw(mask)
        fine = [(x * FINE, y * FINE) for x, y in points]
        pen.line(fine, fill=255, width=round(width * FINE), joint="curve")
        if width >= 2:
            for x, y in (fine[0], fine[-1]):
                r = width * FINE / 2
                pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
        if inside is not None:
            mask = ImageChops.multiply(mask, inside)
        self.image.paste(colour, (0, 0), mask.point([round(i * strength) for i in range(256)]))

    def stitches(self, points: Sequence[Point], colour: str, strength: float = 0.7) -> None:
        """A dashed seam."""
        path = _even(points, 3.0)
        for i in range(0, len(path) - 3, 5):
            self.line(path[i : i + 4], colour, 1.6, strength)

    def text(
        self, middle: float, y: float, words: str, size: float, colour: str, tracking: float, weight: float = 0
    ) -> None:
        """Letter-spaced words centred on `middle`, their baseline at `y`."""
        font = ImageFont.load_default(size * FINE)
        gaps = [font.getlength(letter) + tracking * FINE for letter in words]
        x = middle * FINE - (sum(gaps) - tracking * FINE) / 2
        pen = ImageDraw.Draw(self.image)
        for letter, gap in zip(words, gaps, strict=True):
            pen.text(
                (x, y * FINE),
                letter,
                font=font,
                fill=colour,
                anchor="ls",
                stroke_width=weight * FINE,
                stroke_fill=colour,
            )
            x += gap

    def save(self, path: Path) -> None:
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        noise = Image.frombytes("L", small.size, Random(7).randbytes(WIDTH * HEIGHT)).filter(
            ImageFilter.GaussianBlur(0.8)
        )
        grain = noise.point([112 + i // 8 for i in range(256)])
        papered = ImageChops.soft_light(small, Image.merge("RGB", [grain] * 3))
        papered.save(path, "JPEG", quality=QUALITY, optimize=True, progressive=True, subsampling=0)


def _between(colours: Sequence[tuple[int, ...]], t: float, channel: int) -> int:
    place = t * (len(colours) - 1)
    left = min(int(place), len(colours) - 2)
    share = place - left
    return round(colours[left][channel] * (1 - share) + colours[left + 1][channel] * share)


def _blurred(mask: Image.Image, radius: float) -> Image.Image:
    """Wide blurs are made small: the same look in a fraction of the time."""
    if radius < 8:
        return mask.filter(ImageFilter.GaussianBlur(radius)) if radius else mask
    small = mask.resize((mask.width // 4, mask.height // 4), Image.Resampling.BOX)
    return small.filter(ImageFilter.GaussianBlur(radius / 4)).resize(mask.size, Image.Resampling.BICUBIC)


def _even(points: Sequence[Point], step: float) -> list[Point]:
    out = [points[0]]
    for x, y in points[1:]:
        while (far := math.dist(out[-1], (x, y))) >= step:
            share = step / far
            out.append((out[-1][0] + (x - out[-1][0]) * share, out[-1][1] + (y - out[-1][1]) * share))
    return out
