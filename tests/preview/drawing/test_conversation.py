"""A conversation in a phone: looked at by the colours at places, where the pixels are two a point."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image, ImageChops

from engine.preview.drawing import phone_frame, text_drawing
from engine.preview.drawing.conversation import BUBBLES, Bubble, conversation

GREY, BLUE, LINK = (233, 233, 235), (11, 132, 254), (10, 108, 219)
LEFT, TOP = phone_frame.BODY[0] + phone_frame.BEZEL, phone_frame.BODY[1] + phone_frame.BEZEL
ACME = ("Acme", "+1 (844) 555-0100")


def screen(picture: Image.Image) -> Image.Image:
    """The phone's screen alone, one pixel a point."""
    wide, high = phone_frame.SCREEN
    box = [v * phone_frame.SHARP for v in (LEFT, TOP, LEFT + wide, TOP + high)]
    return picture.crop((box[0], box[1], box[2], box[3])).reduce(phone_frame.SHARP)


def chat(picture: Image.Image) -> Image.Image:
    return screen(picture).crop((0, phone_frame.CHAT[0], phone_frame.SCREEN[0], phone_frame.CHAT[1]))


def near(colour: tuple[int, ...], picture: Image.Image) -> Image.Image:
    """White where the picture has that colour."""
    off = ImageChops.difference(picture, Image.new("RGB", picture.size, colour))
    channels = [channel.point([255 * (i < 6) for i in range(256)]) for channel in off.split()]
    return ImageChops.multiply(ImageChops.multiply(channels[0], channels[1]), channels[2])


def extent(colour: tuple[int, ...], picture: Image.Image) -> tuple[int, int, int, int]:
    found = near(colour, picture).getbbox()
    assert found is not None, f"nothing has the colour {colour}"
    return found


def amount(colour: tuple[int, ...], picture: Image.Image) -> int:
    return near(colour, picture).histogram()[255]


def image_file(
    kind: str = "PNG", size: tuple[int, int] = (400, 500), colour: str = "#30A050", mode: str = "RGB"
) -> bytes:
    out = BytesIO()
    Image.new(mode, size, colour).save(out, kind)
    return out.getvalue()


def test_the_picture_has_its_size_and_a_phone_in_its_middle() -> None:
    picture = conversation([Bubble("in", "Hello")], *ACME)
    assert (picture.size, picture.mode) == ((1080, 2000), "RGB")
    middle = picture.height // 2
    bezel = picture.getpixel(((phone_frame.BODY[0] + 7) * phone_frame.SHARP, middle))
    beside = picture.getpixel((10, 10))
    assert isinstance(bezel, tuple)
    assert isinstance(beside, tuple)
    assert max(bezel) < 30
    assert min(beside) > 190


def test_the_brand_speaks_in_grey_from_the_left_and_the_person_in_blue_from_the_right() -> None:
    shown = chat(conversation([Bubble("in", "Hi Ada"), Bubble("out", "Thanks")], *ACME))
    grey, blue = extent(GREY, shown), extent(BLUE, shown)
    assert grey[0] < 20
    assert grey[2] < phone_frame.SCREEN[0] / 2
    assert blue[0] > phone_frame.SCREEN[0] / 2
    assert blue[2] > phone_frame.SCREEN[0] - 20
    assert grey[3] <= blue[1]


def test_a_picture_stands_above_its_text_with_round_corners() -> None:
    shown = chat(conversation([Bubble("in", "Look", image_file())], *ACME))
    green = (48, 160, 80)
    left, top, right, bottom = extent(green, shown)
    below = shown.crop((0, bottom, shown.width, shown.height))
    assert extent(GREY, below)[3] > 30
    assert (bottom - top) / (right - left) == pytest.approx(1.25, abs=0.02)
    inside = near(green, shown)
    assert inside.getpixel(((left + right) // 2, (top + bottom) // 2)) == 255
    assert inside.getpixel((left + 2, top + 2)) == 0


def test_pictures_shrink_before_anything_scrolls_away() -> None:
    few = chat(conversation([Bubble("in", "Look", image_file())], *ACME))
    many = chat(conversation([Bubble("in", "Look", image_file())] + [Bubble("out", "And more")] * 6, *ACME))
    green = (48, 160, 80)
    tall, small = extent(green, few), extent(green, many)
    assert small[3] - small[1] < tall[3] - tall[1]
    assert small[1] >= 4


@pytest.mark.parametrize(
    "data",
    [
        lambda: b"",
        lambda: b"no picture",
        lambda: image_file()[:200],
        lambda: image_file("BMP"),
        lambda: image_file("PNG", (8_000, 7_000), mode="1", colour="white"),
    ],
)
def test_what_is_no_picture_we_send_becomes_an_empty_frame(data: Callable[[], bytes]) -> None:
    shown = chat(conversation([Bubble("in", "Look", data())], *ACME))
    frame = extent((237, 237, 240), shown)
    assert frame[2] - frame[0] > 200
    assert frame[3] - frame[1] > 150


def test_a_transparent_picture_stands_on_white() -> None:
    out = BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(out, "PNG")
    shown = chat(conversation([Bubble("in", "", out.getvalue())], *ACME))
    assert shown.getpixel((100, 100)) == (255, 255, 255)


def test_links_are_blue_in_what_the_brand_says() -> None:
    with_link = chat(conversation([Bubble("in", "Live: https://acme.example/spring now")], *ACME))
    without = chat(conversation([Bubble("in", "Live: acme example spring now")], *ACME))
    assert amount(LINK, with_link) > 50
    assert amount(LINK, without) == 0


def test_a_separator_stands_where_the_day_changes_and_only_there() -> None:
    same = [Bubble("in", "One", at="Thu, Apr 1 · 10:04 AM"), Bubble("in", "Two", at="Thu, Apr 1 · 10:09 AM")]
    other = [same[0], Bubble("in", "Two", at="Sat, Apr 3 · 10:04 AM")]
    one, two = (extent(GREY, chat(conversation(bubbles, *ACME))) for bubbles in (same, other))
    assert two[3] - one[3] == pytest.approx(34, abs=1)
    assert two[1] == one[1]


def test_a_status_stands_below_its_bubble_and_pushes_the_next_one_down() -> None:
    plain = extent(BLUE, chat(conversation([Bubble("in", "One"), Bubble("out", "Two")], *ACME)))
    told = extent(BLUE, chat(conversation([Bubble("in", "One", status="Delivered"), Bubble("out", "Two")], *ACME)))
    assert told[1] - plain[1] == pytest.approx(20, abs=1)


def test_a_long_text_keeps_inside_its_bubble_and_ends() -> None:
    shown = chat(conversation([Bubble("in", "word " * 400)], *ACME))
    left, top, right, bottom = extent(GREY, shown)
    assert right - left < 300
    assert 250 < bottom - top < 330
    lines = text_drawing.wrapped("word " * 400, 60, 1_000, 14)
    assert len(lines) == 14
    assert lines[-1][-1].text.endswith("…")


@pytest.mark.parametrize("text", ["x" * 5_000, "https://acme.example/" + "q" * 900, "日" * 600, "é" * 300, "W" * 40])
def test_no_line_is_wider_than_it_may_be(text: str) -> None:
    for line in text_drawing.wrapped(text, 62, 992, 14):
        words = [word.text if word.glued or i == 0 else " " + word.text for i, word in enumerate(line)]
        assert text_drawing.length("".join(words), 62) <= 992


def test_the_newest_bubbles_are_shown_at_the_bottom() -> None:
    crowd = [Bubble("in", "word " * 60)] * 30 + [Bubble("out", "The last word")]
    shown = chat(conversation(crowd, *ACME))
    assert extent(BLUE, shown)[3] > shown.height - 40
    tail = conversation(crowd[-BUBBLES:], *ACME)
    assert ImageChops.difference(conversation(crowd, *ACME), tail).getbbox() is None


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Café naïve", "Cafe naive"),
        ("10–12 — ok", "10-12 - ok"),
        ("a\u202eb\u200bc\x00d\x1b[31m", "abcd[31m"),
        ("one\r\ntwo\u2028three", "one\ntwo\nthree"),
        ("tab\there\u00a0too", "tab here too"),
        ("👩‍👩‍👧 hi 日本", f"{text_drawing.BOX} hi {text_drawing.BOX * 2}"),
        ("\uffff", ""),
    ],
)
def test_what_the_font_lacks_is_replaced_and_controls_are_dropped(text: str, drawn: str) -> None:
    assert text_drawing.plain(text) == drawn


def test_every_character_called_covered_is_in_the_font() -> None:
    font = text_drawing.font(48)
    missing = bytes(font.getmask("\u0416"))
    assert [c for c in text_drawing.COVERED if c != " " and bytes(font.getmask(c)) == missing] == []


HOSTILE = [
    "",
    "\x00\x1b]0;x\x07",
    "\n" * 9_000,
    "\u202e" * 5_000,
    "a" + "\u0301" * 50_000,
    "🏴" * 3_000,
    "{{ 7*7 }} <svg/>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_breaks_the_picture(text: str) -> None:
    picture = conversation([Bubble("in", text, at=text, status=text), Bubble("sideways", text)], text, text)
    assert picture.size == (1080, 2000)


def test_no_bubbles_are_an_empty_conversation() -> None:
    shown = chat(conversation([], "", ""))
    assert amount(GREY, shown) == amount(BLUE, shown) == 0
    assert amount((255, 255, 255), shown) > 0.99 * shown.width * shown.height


@pytest.mark.parametrize(
    ("title", "letters"), [("Acme", "A"), ("Acme shop inc", "AS"), ("日本", "#"), ("", "#"), ("é", "E")]
)
def test_the_avatar_shows_initials(title: str, letters: str) -> None:
    assert phone_frame.initials(title) == letters
