"""One picture made of several (MM4)."""

from __future__ import annotations

import pytest
from PIL import Image

from engine.messaging.media.collage import collage, tiles
from engine.messaging.media.inspection import inspect
from engine.messaging.media.picture import BadTiles
from tests.messaging.media.drawn import ball, gif, noise, photo, place_and_side, read, stored

COLOURS = ("red", "lime", "blue", "yellow", "magenta", "cyan")
RGB = {"red": (254, 0, 0), "lime": (0, 255, 1), "blue": (0, 0, 254), "yellow": (255, 255, 0), "magenta": (255, 0, 255),
       "cyan": (0, 255, 255)}  # fmt: skip


def near(colour: object, wanted: tuple[int, ...]) -> bool:
    return isinstance(colour, tuple) and all(abs(a - b) <= 12 for a, b in zip(colour, wanted, strict=True))


@pytest.mark.parametrize("count", range(2, 7))
def test_each_picture_stands_in_its_tile_on_white(count: int) -> None:
    pictures = [stored(Image.new("RGB", (200, 300), colour), "PNG") for colour in COLOURS[:count]]
    found = collage(pictures)
    shown = read(found.data)
    assert (shown.size, found.info.kind, found.actions) == ((1080, 1920), "jpeg", (f"collage of {count}",))
    for tile, colour in zip(tiles(count), COLOURS, strict=False):
        for x, y in ((9, 9), (tile.width - 9, tile.height - 9)):
            assert near(shown.getpixel((tile.left + x, tile.top + y)), RGB[colour])
    assert near(shown.getpixel((10, 10)), (255, 255, 255)) and near(shown.getpixel((1070, 1910)), (255, 255, 255))
    assert inspect(found.data) == found.info
    assert collage(pictures) == found
    assert len(found.sources) == count


def test_tiles_fill_the_page_without_touching() -> None:
    sizes = {count: [(tile.width, tile.height) for tile in tiles(count)] for count in range(2, 7)}
    assert sizes[2] == [(1016, 920)] * 2
    assert sizes[4] == [(500, 920)] * 4
    assert sizes[6] == [(500, 608)] * 6
    assert sizes[3][0] == (1016, 1067) and sizes[3][1] == sizes[3][2] == (500, 773)
    assert sizes[5] == [(500, 920)] * 2 + [(328, 920)] * 3
    for count in range(2, 7):
        assert max(tile.top + tile.height for tile in tiles(count)) == 1920 - 32


def banner() -> bytes:
    """Its slogan goes from edge to edge: red at the left, blue at the right, a yellow line above and below."""
    wide = Image.new("RGB", (1000, 200), "lime")
    wide.paste("red", (0, 0, 200, 200))
    wide.paste("blue", (800, 0, 1000, 200))
    wide.paste("yellow", (0, 0, 1000, 6))
    wide.paste("magenta", (0, 194, 1000, 200))
    return stored(wide, quality=95, subsampling=0)


def test_a_tile_shows_its_whole_picture_and_goes_on_in_the_colours_of_its_edges() -> None:
    shown = read(collage([banner(), banner()]).data)
    top, _ = tiles(2)
    middle = top.top + top.height // 2
    colours = {x: shown.getpixel((x, middle)) for x in (top.left + 9, 540, top.left + top.width - 9)}
    assert [near(*pair) for pair in zip(colours.values(), (RGB["red"], RGB["lime"], RGB["blue"]), strict=True)] == [
        True
    ] * 3
    assert near(shown.getpixel((540, top.top + 9)), RGB["yellow"])
    assert near(shown.getpixel((540, top.top + top.height - 9)), RGB["magenta"])


def test_a_tall_picture_goes_on_to_its_sides() -> None:
    tall = Image.new("RGB", (200, 1000), "lime")
    tall.paste("red", (0, 0, 100, 1000))
    top, _ = tiles(2)
    shown = read(collage([stored(tall), stored(tall)]).data)
    assert near(shown.getpixel((top.left + 9, 400)), RGB["red"])
    assert near(shown.getpixel((top.left + top.width - 9, 400)), RGB["lime"])


def test_a_cropped_tile_is_the_middle_of_its_picture() -> None:
    shown = read(collage([banner(), banner()], crop=True).data)
    assert near(shown.getpixel((540, 400)), RGB["lime"])
    assert near(shown.getpixel((45, 400)), RGB["lime"])


def test_what_nobody_would_see_is_refused_in_a_tile_too() -> None:
    clear = stored(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG")
    with pytest.raises(BadTiles) as found:
        collage([clear, stored(ball(1))])
    assert {at: problem.fault for at, problem in found.value.tiles.items()} == {0: "unseen"}


def test_pictures_of_all_kinds_come_upright_and_without_notes() -> None:
    sideways = stored(photo((400, 300)), exif=place_and_side())
    hole = Image.new("RGBA", (50, 50), (255, 0, 0, 0))
    hole.paste((0, 0, 0, 255), (20, 20, 30, 30))
    clear = stored(hole, "PNG")
    film = gif([ball(0), ball(5)])
    found = collage([sideways, clear, film, stored(Image.new("CMYK", (50, 50), (0, 255, 255, 0)))])
    shown = read(found.data)
    assert found.sources[0][:2] == (300, 400)
    assert near(shown.getpixel((800, 300)), (255, 255, 255))  # beside the hole
    assert near(shown.getpixel((800, 1500)), RGB["red"])
    assert b"Exif" not in found.data
    assert (found.info.stilled, found.actions) == ((2,), ("collage of 4", "first frame kept"))


def test_a_collage_fits_too() -> None:
    loud = [stored(noise((400, 500), seed=n)) for n in range(2)]
    found = collage(loud, 150_000)
    assert found.info.bytes <= 150_000 and found.info.width < 1080
    assert inspect(found.data) == found.info


def test_all_pictures_that_cannot_be_used_are_named() -> None:
    with pytest.raises(BadTiles) as found:
        collage([b"", stored(ball(1)), stored(ball(1))[:-200], b"<svg/>"])
    assert {at: problem.fault for at, problem in found.value.tiles.items()} == {0: "type", 2: "decode", 3: "type"}
    assert "picture 1" in found.value.reason


@pytest.mark.parametrize("count", [0, 1, 7])
def test_two_to_six(count: int) -> None:
    with pytest.raises(ValueError, match="2 to 6"):
        collage([stored(ball(1))] * count)
