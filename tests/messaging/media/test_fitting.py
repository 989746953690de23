"""Every picture made fit: upright, without metadata, in sRGB, on white, within the box and the bytes (MM2)."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from engine.messaging.media.containers import SCAN, jpeg_pieces
from engine.messaging.media.fitting import fit
from engine.messaging.media.inspection import inspect
from engine.messaging.media.picture import MAX_BYTES, MAX_INPUT, BadMedia, Fitted, Source
from tests.exploration import examples
from tests.messaging.media.drawn import (
    ball,
    gif,
    noise,
    photo,
    place_and_side,
    read,
    screenshot,
    srgb,
    stored,
    wide_gamut,
)
from tests.messaging.media.test_inspection import hollow_gif, hollow_png, png_chunk


def fitted(data: bytes, limit: int = MAX_BYTES) -> Fitted:
    """It holds what is promised of every picture."""
    found = fit(data, limit)
    assert len(found.data) == found.info.bytes <= limit
    assert inspect(found.data) == found.info
    assert found.info.width <= 1080 and found.info.height <= 1920
    assert not {"exif", "icc_profile", "comment", "xmp", "photoshop"} & set(read(found.data).info)
    assert fit(data, limit) == found  # the same in, the same out
    again = fit(found.data, limit)
    assert (again.data, again.actions) == (found.data, ())  # what is fit goes through
    return found


def refused(data: bytes, limit: int = MAX_BYTES) -> BadMedia:
    with pytest.raises(BadMedia) as found:
        fit(data, limit)
    return found.value


def near(colour: Any, wanted: tuple[int, ...], by: int = 12) -> bool:
    return all(abs(a - b) <= by for a, b in zip(colour, wanted, strict=True))


@pytest.mark.parametrize(
    "data",
    [
        stored(photo((640, 480)), quality=85),
        stored(photo((640, 480)).convert("L")),
        stored(photo((320, 240)), progressive=True),
        stored(photo((320, 240)), icc_profile=None, subsampling=0),
        stored(photo((100, 80)), "PNG"),
        stored(screenshot(), "PNG"),
        stored(screenshot().convert("P"), "PNG"),
        stored(screenshot().convert("1"), "PNG"),
        stored(ball(1), "GIF"),
    ],
)
def test_what_is_right_goes_through_byte_for_byte(data: bytes) -> None:
    found = fitted(data)
    assert (found.data, found.actions, found.quality, found.frames) == (data, (), None, 1)


def test_a_large_photograph_becomes_small_and_stays_good() -> None:
    data = stored(photo((2400, 1800)), quality=95)
    assert len(data) > MAX_BYTES
    found = fitted(data)
    assert (found.info.kind, found.info.width, found.info.height, found.quality) == ("jpeg", 1080, 810, 90)
    assert found.actions == ("made smaller",)
    assert found.sources == (Source(2400, 1800, len(data)),)


def test_quality_goes_before_size_does() -> None:
    data = stored(photo((1000, 700), 0.4), quality=95)
    found = [fitted(data, limit) for limit in (400_000, 200_000, 120_000)]
    assert [each.info.width for each in found] == [1000, 1000, 720]
    assert found[0].quality == 90 and all(60 <= (each.quality or 0) < 90 for each in found[1:])


def test_the_quality_found_is_the_best_one() -> None:
    image = photo((700, 500), 0.4)
    data = stored(image, quality=95)
    limit = len(stored(image, quality=80, optimize=True, progressive=True)) + 40
    found = fitted(data, limit)
    better = stored(read(data), quality=(found.quality or 0) + 1, optimize=True, progressive=True)
    assert found.quality is not None and 70 < found.quality < 90
    assert len(better) > limit


def test_what_cannot_be_made_to_fit_says_so() -> None:
    problem = refused(stored(noise((900, 900))), 20_000)
    assert (problem.fault, "20,000" in problem.reason) == ("bytes", True)


def test_a_phones_photograph_stands_upright_and_forgets_where_it_was() -> None:
    data = stored(photo((1600, 1200)), quality=92, exif=place_and_side(), comment=b"home")
    assert b"Exif" in data
    found = fitted(data)
    assert (found.info.width, found.info.height) == (1080, 1440)
    assert {"turned upright", "metadata removed", "made smaller"} == set(found.actions)
    assert found.sources == (Source(1200, 1600, len(data)),)
    assert near(read(found.data).getpixel((900, 200)), (235, 20, 20), 40)  # the red quarter came round to the right
    assert not near(read(found.data).getpixel((200, 200)), (235, 20, 20), 40)
    assert b"Exif" not in found.data and b"home" not in found.data


@pytest.mark.parametrize("turn", range(1, 9))
def test_each_orientation_is_applied(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    corners = Image.new("RGB", (60, 40), "white")
    corners.paste("red", (0, 0, 30, 20))
    found = fitted(stored(corners, quality=95, exif=exif))
    shown = read(found.data)
    assert shown.size == ((60, 40) if turn < 5 else (40, 60))
    x, y = ((10, -10, -10, 10, 10, -10, -10, 10)[turn - 1], (10, 10, -10, -10, 10, 10, -10, -10)[turn - 1])
    assert near(shown.getpixel((x % shown.width, y % shown.height)), (254, 0, 0))


def test_metadata_alone_goes_without_touching_a_pixel() -> None:
    plain = stored(photo((640, 480)), quality=85)
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    noted = stored(photo((640, 480)), quality=85, exif=exif, comment=b"secret", icc_profile=srgb(), xmp=b"<x:xmpmeta/>")
    assert len(noted) > len(plain)
    found = fitted(noted)
    assert (found.data, found.actions) == (plain, ("metadata removed",))


def test_notes_in_a_png_and_what_stands_behind_a_file_go() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "secret")
    noted = stored(screenshot(), "PNG", pnginfo=notes, dpi=(72, 72), icc_profile=srgb())
    assert fitted(noted).data == stored(screenshot(), "PNG")
    for plain in (stored(screenshot(), "PNG"), stored(photo((320, 240))), stored(ball(1), "GIF")):
        found = fitted(plain + b"PK\x03\x04 a zip archive" * 50)
        assert (found.data, found.actions) == (plain, ("metadata removed",))


def test_colours_of_another_profile_become_srgb() -> None:
    data = stored(Image.new("RGB", (80, 60), (200, 30, 30)), quality=95, icc_profile=wide_gamut())
    found = fitted(data)
    assert "converted to sRGB" in found.actions
    assert not near(read(found.data).getpixel((10, 10)), (200, 30, 30), 30)
    assert near(read(fitted(stored(read(data), icc_profile=b"no profile")).data).getpixel((10, 10)), (200, 30, 30))


def test_a_drawing_that_is_drawn_anew_keeps_to_the_limit_too() -> None:
    data = stored(screenshot((1100, 400)), "PNG")
    drawn = fitted(data)
    found = fitted(data, drawn.info.bytes - 1)
    assert (drawn.info.kind, found.info.kind) == ("png", "jpeg")


def test_a_screenshot_stays_a_png_and_a_photograph_does_not() -> None:
    page = fitted(stored(screenshot((1100, 400)), "PNG"))
    assert (page.info.kind, page.info.width, page.actions) == ("png", 1080, ("made smaller",))
    beach = fitted(stored(photo((1100, 400)), "PNG"))
    assert (beach.info.kind, beach.actions) == ("jpeg", ("made smaller", "converted to JPEG"))


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_what_is_transparent_stands_on_white(mode: str, kind: str) -> None:
    hole = Image.new("RGBA", (60, 40), (255, 0, 0, 0))  # a red that nobody sees
    hole.paste((0, 0, 0, 255), (0, 0, 30, 40))
    found = fitted(stored(hole.convert(mode), kind, lossless=True))
    shown = read(found.data).convert("RGB")
    assert near(shown.getpixel((10, 10)), (0, 0, 0)) and near(shown.getpixel((50, 20)), (255, 255, 255))
    assert "transparency filled with white" in found.actions


def test_transparent_colours_of_palettes_and_of_keys_stand_on_white() -> None:
    two = Image.new("P", (60, 40), 0)
    two.putpalette([255, 0, 0, 0, 0, 255])
    two.paste(1, (0, 0, 30, 40))
    for data in (stored(two, "PNG", transparency=0), stored(two, "GIF", transparency=0)):
        shown = read(fitted(data).data).convert("RGB")
        assert near(shown.getpixel((10, 10)), (0, 0, 255)) and near(shown.getpixel((50, 20)), (255, 255, 255))
    key = stored(two.convert("RGB"), "PNG", transparency=(255, 0, 0))
    assert near(read(fitted(key).data).convert("RGB").getpixel((50, 20)), (255, 255, 255))


def test_sixteen_bits_of_grey_keep_their_greys() -> None:
    ramp = Image.frombytes("I;16", (64, 4), struct.pack("<256H", *range(0, 65_536, 256)))
    found = fitted(stored(ramp, "PNG"))
    shown = read(found.data)
    assert shown.mode == "L"
    assert [round(shown.getpixel((x, y)) or 0) for x, y in ((0, 0), (0, 2), (63, 3))] == [0, 127, 254]  # type: ignore[arg-type]


def test_colours_of_print_become_those_of_screens() -> None:
    shown = read(fitted(stored(Image.new("CMYK", (60, 40), (0, 255, 255, 0)))).data)
    assert shown.mode == "RGB" and near(shown.getpixel((10, 10)), (254, 0, 0))


@pytest.mark.parametrize(("size", "wanted"), [((1, 1), (1, 1)), ((5_000, 2), (1080, 1)), ((2, 5_000), (1, 1920))])
def test_odd_shapes(size: tuple[int, int], wanted: tuple[int, int]) -> None:
    assert fitted(stored(Image.new("RGB", size), "PNG")).info[3:5] == wanted


def logo(colour: tuple[int, int, int]) -> Image.Image:
    clear = Image.new("RGBA", (300, 200), (255, 255, 255, 0))
    clear.paste((*colour, 255), (60, 60, 240, 140))
    return clear


@pytest.mark.parametrize("colour", [(255, 255, 255), (250, 251, 252)])
def test_a_white_logo_on_nothing_would_be_a_white_page(colour: tuple[int, int, int]) -> None:
    white = logo(colour)
    for data in (
        stored(white, "PNG"),
        stored(white.convert("LA"), "PNG"),
        stored(white, "WEBP", lossless=True),
        gif([white, white.rotate(8)], disposal=2),
        stored(Image.new("RGBA", (90, 90), (0, 0, 0, 0)), "PNG"),
    ):
        problem = refused(data)
        assert (problem.fault, "background" in str(problem.help)) == ("unseen", True)
    assert fitted(stored(logo((225, 225, 225)), "PNG")).actions == ("transparency filled with white",)


def broken_png() -> dict[str, bytes]:
    data = stored(photo((200, 150)), "PNG")
    start = data.index(b"IDAT") + 4
    pixels = data[start : start + int.from_bytes(data[start - 8 : start - 4])]
    head, end = data[: start - 8], png_chunk(b"IEND", b"")
    flipped, sum = bytearray(pixels), bytearray(png_chunk(b"IDAT", pixels))
    flipped[len(pixels) // 2] ^= 0x55
    sum[-1] ^= 1
    return {
        "a bit": head + png_chunk(b"IDAT", bytes(flipped)) + end,
        "half": head + png_chunk(b"IDAT", pixels[: len(pixels) // 2]) + end,
        "a sum": head + bytes(sum) + end,
        "no pixels": head + end,
    }


@pytest.mark.parametrize("what", broken_png())
def test_a_damaged_png_does_not_go_out_black(what: str) -> None:
    assert refused(broken_png()[what]).fault == "decode"


@pytest.mark.parametrize("share", [0.3, 0.5, 0.75, 0.97])
@pytest.mark.parametrize(
    "options",
    [{}, {"progressive": True}, {"subsampling": 0, "optimize": True}, {"restart_marker_rows": 2},
     {"progressive": True, "restart_marker_rows": 3}],
    ids=str,
)  # fmt: skip
def test_half_a_jpeg_is_no_picture_though_somebody_closed_it(share: float, options: dict[str, Any]) -> None:
    for image in (photo((320, 240)), photo((320, 240)).convert("L")):
        data = stored(image, **options)
        assert fitted(data).data == data
        problem = refused(data[: int(len(data) * share)] + b"\xff\xd9")
        assert (problem.fault, "missing" in problem.reason) == ("decode", True)


def test_a_scan_that_never_came_is_missing() -> None:
    data = stored(photo((320, 240)), progressive=True)
    scans = [piece for piece in jpeg_pieces(data) if piece.name == SCAN]
    assert len(scans) > 5
    for scan in scans[:-1]:
        assert "missing" in refused(data[: scan.end] + b"\xff\xd9").reason


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_a_picture_of_one_colour_is_seen(mode: str) -> None:
    """It has no contrast, and is not white."""
    fitted(stored(Image.new("RGB", (400, 600), "teal").convert(mode), "PNG"))


@pytest.mark.parametrize(
    ("data", "name", "help"),
    [
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(99), "a HEIC picture", "Most Compatible"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(99), "a HEIC picture", "JPEG"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(99), "an AVIF picture", "JPEG or PNG"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avifmiaf" + bytes(99), "an AVIF picture", "JPEG or PNG"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42" + bytes(99), "a film", "GIF"),
        (b"<?xml version='1.0'?><svg/>", "an SVG drawing", "PNG"),
        (b"<!DOCTYPE html><HTML>", "a page of HTML", "the picture itself"),
        (b"%PDF-1.7", "a PDF", "JPEG"),
        (stored(photo((64, 48)), "TIFF"), "a TIFF picture", "JPEG"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_people_take_for_a_picture_is_named_with_the_way_out(data: bytes, name: str, help: str) -> None:
    problem = refused(data)
    assert (problem.fault, f"the file is {name}, not a JPEG" in problem.reason, help in str(problem.help)) == (
        "type",
        True,
        True,
    )


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (hollow_png(7_000, 7_000), "1080×1080"),
        (hollow_png(3_000, 6_000), "960×1920"),
        (hollow_gif(1, 4_000, 4_001), "1080×1080"),
        (hollow_gif(2, 2_000, 2_001), "1080×1081"),
        (b"RIFF\x50\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0\xb7\x0b\0\xb8\x0b\0" + bytes(60), "1080×1080"),
    ],
    ids=["png", "tall png", "gif", "film", "webp"],
)
def test_too_many_pixels_names_the_size_to_save_it_in(data: bytes, wanted: str) -> None:
    problem = refused(data)
    assert (problem.fault, problem.help) == ("pixels", f"save it in {wanted}: phones show no more")


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.02, 0.3])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_picture_that_is_over_the_limit_is_made_to_keep_to_it(share: float, kind: str) -> None:
    """To the byte, and not by what a file may have that is only a little larger."""
    data = stored(photo((640, 480)) if kind == "JPEG" else screenshot(), kind)
    limit = int(len(data) * (1 - share))
    found = fit(data, limit)
    assert (found.data == data) == (share == 0)
    assert found.info.bytes == len(found.data) <= limit


def test_a_webp_is_sent_as_what_phones_read() -> None:
    assert fitted(stored(photo((320, 240)), "WEBP")).info.kind == "jpeg"
    assert fitted(stored(screenshot(), "WEBP", lossless=True)).info.kind == "png"
    film = fitted(stored(ball(0), "WEBP", save_all=True, append_images=[ball(n) for n in range(1, 5)], duration=90))
    assert (film.info.kind, film.frames) == ("gif", 5)


def test_a_png_that_moves_is_its_first_frame() -> None:
    found = fitted(stored(ball(0), "PNG", save_all=True, append_images=[ball(4)], duration=90))
    assert "first frame kept" in found.actions
    assert near(read(found.data).convert("RGB").getpixel((25, 40)), (255, 0, 0))


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "EPS", "ICO", "TGA", "PPM"])
def test_other_formats_are_never_opened(kind: str) -> None:
    assert refused(stored(photo((64, 48)), kind)).fault == "type"


@pytest.mark.parametrize(
    ("fault", "data"),
    [
        ("type", b""),
        ("type", b"<!doctype html><p>Not found"),
        ("type", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("type", b"RIFF\0\0\0\0AVI LIST"),
        ("bytes", b"\xff\xd8\xff" + bytes(MAX_INPUT)),
        ("decode", b"\xff\xd8" + b"\xff" * 3_000_000),
        ("decode", stored(photo((64, 48)))[:2] + b"\xff\xfe\0\2" * 2_000_000),
        ("decode", hollow_png(8, 8, *[png_chunk(b"tEXt", b"a\0b")] * 30_000)),
        ("decode", gif([ball(0), ball(1)])[:-1] + b"\x21\xfe" + b"\1a" * 900_000 + b"\0;"),
        ("decode", b"RIFF\x50\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(60)),
        ("pixels", b"RIFF\x50\0\0\0WEBPVP8X\x0a\0\0\0\2\0\0\0\xff\x3f\0\xff\x3f\0" + bytes(60)),
        ("pixels", hollow_png(10_000, 10_000)),
        ("pixels", hollow_gif(1, 40_000, 2_000)),
        ("frames", hollow_gif(301, 10, 10)),
        ("frames", hollow_gif(300, 2_000, 2_000)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_files_are_refused_before_they_cost_anything(fault: str, data: bytes) -> None:
    assert refused(data).fault == fault


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP"])
@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
def test_a_cut_off_picture_is_refused(kind: str, share: float) -> None:
    data = stored(photo((200, 150)), kind)
    assert refused(data[: int(len(data) * share)]).fault == "decode"


def test_damaged_notes_are_no_reason_to_refuse_a_picture() -> None:
    data = stored(photo((64, 48)))
    broken = data[:2] + b"\xff\xe1\0\x1aExif\0\0II*\0\xff\xff\xff\xffgarbage????" + data[2:]
    assert fitted(broken).data == data


KINDS = [
    stored(photo((64, 48)), exif=place_and_side(), comment=b"x", icc_profile=wide_gamut()),
    stored(photo((64, 48)).convert("RGBA"), "PNG", icc_profile=srgb()),
    stored(photo((64, 48)), "WEBP", exif=place_and_side()),
    gif([ball(n, (48, 36)) for n in range(4)], comment=b"x"),
]


@settings(max_examples=examples(150))
@given(st.sampled_from(KINDS), st.data())
def test_any_damage_gives_a_clean_picture_or_a_reason(data: bytes, draw: st.DataObject) -> None:
    broken = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 6))):
        broken[draw.draw(st.integers(0, len(broken) - 1))] = draw.draw(st.integers(0, 255))
    try:
        found = fit(bytes(broken[: draw.draw(st.integers(len(broken) // 2, len(broken)))]), 50_000)
    except BadMedia:  # nothing else is ever raised
        return
    assert inspect(found.data) == found.info
    assert found.info.bytes <= 50_000


@settings(max_examples=examples(15))
@given(
    st.tuples(st.integers(1, 400), st.integers(1, 400)),
    st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA"]),
    st.integers(50_000, 90_000),
)
def test_every_picture_comes_out_within_its_limit(size: tuple[int, int], mode: str, limit: int) -> None:
    fitted(stored(photo((400, 400), 0.3).resize(size).convert(mode), "PNG"), limit)
