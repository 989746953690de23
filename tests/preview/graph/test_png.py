"""The PNG: looked at by the colours at places."""

from __future__ import annotations

from functools import cache
from io import BytesIO

import pytest
from PIL import Image

from engine.errors import Refused
from engine.preview.graph.layout import drawing_of
from engine.preview.graph.marks import Marks
from engine.preview.graph.png import png
from engine.preview.graph.shapes import PALETTE, Box, Drawing
from engine.preview.graph.thumbnails import thumbnails
from engine.store.queries.places import AtStep
from tests.messaging.media.drawn import stored
from tests.preview.graph.drawn import sample

DRAWING = drawing_of(sample())
RED = (200, 30, 40)


@cache
def plain() -> bytes:
    return png(DRAWING, {})


def box(step: str, drawing: Drawing = DRAWING) -> Box:
    return next(box for box in drawing.boxes if box.card.step == step)


def pixel(data: bytes, x: float, y: float) -> tuple[int, ...]:
    with Image.open(BytesIO(data)) as picture:
        found = picture.getpixel((round(2 * x), round(2 * y)))
    assert isinstance(found, tuple)
    return found


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(("dark", "palette"), [(False, PALETTE.light), (True, PALETTE.dark)])
def test_it_has_two_pixels_a_point_in_the_colours_of_its_theme(dark: bool, palette: dict[str, str]) -> None:
    data = png(DRAWING, {}, dark=True) if dark else plain()
    with Image.open(BytesIO(data)) as picture:
        assert (picture.format, picture.size) == ("PNG", (round(DRAWING.wide) * 2, round(DRAWING.high) * 2))
    assert near(pixel(data, 3, 3), rgb(palette["ground"]))
    think = box("think")
    assert near(pixel(data, think.x + think.wide - 8, think.y + think.high / 2), rgb(palette["card"]))


def test_the_picture_of_a_message_is_on_its_card_also_where_two_bands_meet() -> None:
    red = thumbnails(["media/spring.jpg"], lambda name: stored(Image.new("RGB", (90, 120), RED)))
    hero = box("hero")
    data = png(DRAWING, red)
    for y in range(round(hero.y) + 20, round(hero.y + hero.high) - 20, 5):
        assert near(pixel(data, hero.x + 50, y), RED)


def test_counts_lie_over_the_corner_of_their_card() -> None:
    think = box("think")
    data = png(DRAWING, {}, Marks(waiting={think.card.place: AtStep(388)}))
    assert near(pixel(data, think.x + think.wide + 6, think.y - 4), rgb(PALETTE.light["count"]))
    assert not near(pixel(plain(), think.x + think.wide + 6, think.y - 4), rgb(PALETTE.light["count"]))


def test_the_same_drawing_has_the_same_bytes() -> None:
    assert png(DRAWING, {}) == plain()


def test_a_large_one_gets_fewer_pixels_and_a_huge_one_is_refused() -> None:
    large = DRAWING._replace(wide=4_000, high=3_800, boxes=(), lines=(), labels=(), head=())
    with Image.open(BytesIO(png(large, {}))) as picture:
        assert picture.size == (4_000, 3_800)
    with pytest.raises(Refused, match=r"100,000 by 3,800 pixels"):
        png(large._replace(wide=100_000), {})
