"""`media fit`."""

from __future__ import annotations

import json

from PIL import Image

from engine.messaging.media.inspection import inspect
from tests.cli.conftest import SHOP, Terminal
from tests.cli.conftest import terminal_without_database as terminal
from tests.messaging.media.drawn import gif, noise, noisy_frames, photo, place_and_side, read, screenshot, stored

__all__ = ["terminal"]


def test_it_says_what_becomes_of_a_picture_and_writes_nothing(terminal: Terminal) -> None:
    (terminal.folder / "beach.jpg").write_bytes(stored(photo((1600, 1200)), exif=place_and_side()))
    said = terminal.well("media", "fit", "beach.jpg")
    assert said.out.startswith("beach.jpg  1200×1600 ")
    assert "→ 1080×1440" in said.out
    assert said.out.endswith("(quality 90, turned upright, made smaller, metadata removed)\n")
    assert [path.name for path in terminal.folder.iterdir()] == ["beach.jpg"]


def test_it_writes_where_it_is_told_to(terminal: Terminal) -> None:
    (terminal.folder / "beach.jpg").write_bytes(stored(photo((1600, 1200)), exif=place_and_side()))
    told = json.loads(terminal.well("media", "fit", "beach.jpg", "-o", "out.jpg", "--format", "json").out)
    info = inspect((terminal.folder / "out.jpg").read_bytes())
    assert told == {
        "file": "beach.jpg", "kind": "jpeg", "frames": 1, "width": 1080, "height": 1440, "bytes": info.bytes, "quality": 90,
        "actions": ["turned upright", "made smaller", "metadata removed"],
    }  # fmt: skip
    terminal.well("media", "fit", "beach.jpg", "--output", "beach.jpg")
    assert (terminal.folder / "beach.jpg").read_bytes() == (terminal.folder / "out.jpg").read_bytes()
    assert sorted(path.name for path in terminal.folder.iterdir()) == ["beach.jpg", "out.jpg"]
    assert (
        terminal.well("media", "fit", "out.jpg").out
        == f"out.jpg  1080×1440 {round(info.bytes / 1000)} KB, sent as it is\n"
    )


def test_a_file_that_is_called_otherwise_than_it_is_gets_a_remark(terminal: Terminal) -> None:
    (terminal.folder / "page.png").write_bytes(stored(photo((700, 500)), "PNG"))
    said = terminal.well("media", "fit", "page.png", "-o", "small.png")
    assert "small.png is a JPEG now" in said.err
    assert read((terminal.folder / "small.png").read_bytes()).format == "JPEG"


def test_a_film_says_how_many_frames_are_left(terminal: Terminal) -> None:
    (terminal.folder / "film.gif").write_bytes(gif(noisy_frames(10, (260, 200))))
    told = json.loads(terminal.well("media", "fit", "film.gif", "--format", "json").out)
    assert told["kind"] == "gif" and 1 < told["frames"] <= 10 and told["quality"] is None
    assert f", {told['frames']} frames" in terminal.well("media", "fit", "film.gif").out


def test_what_is_no_picture_is_refused_with_a_way_out(terminal: Terminal) -> None:
    (terminal.folder / "notes.jpg").write_text("no picture")
    (terminal.folder / "half.jpg").write_bytes(stored(noise((64, 48)))[:900])
    for name, help in (("notes.jpg", "JPEG, PNG, GIF or WebP"), ("half.jpg", "export it again")):
        said = terminal("media", "fit", name, "-o", "out.jpg")
        assert (said.code, said.out) == (1, "")
        assert f"error: {name} cannot be sent" in said.err and help in said.err
    assert not (terminal.folder / "out.jpg").exists()


def test_what_phones_show_small_gets_a_remark(terminal: Terminal) -> None:
    for name, size, word in (("wide.png", (900, 300), "not portrait"), ("dot.png", (1, 1), "too small to see")):
        (terminal.folder / name).write_bytes(stored(Image.new("RGB", size), "PNG"))
        said = terminal.well("media", "fit", name)
        assert word in said.err and "640×1138" in said.err
    (terminal.folder / "tall.png").write_bytes(stored(Image.new("RGB", (640, 1138)), "PNG"))
    assert terminal.well("media", "fit", "tall.png").err == ""


def test_what_is_damaged_or_in_another_format_is_refused_with_its_own_way_out(terminal: Terminal) -> None:
    whole = stored(photo((64, 48)))
    png = bytearray(stored(photo((64, 48)), "PNG"))
    png[len(png) // 2] ^= 0x55
    heic = b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(99)
    files = {"half.jpg": (whole[: len(whole) // 2] + b"\xff\xd9", "export it again"), "hit.png": (bytes(png), "export it again"),
             "phone.jpg": (heic, "Most Compatible")}  # fmt: skip
    for name, (data, help) in files.items():
        (terminal.folder / name).write_bytes(data)
        said = terminal("media", "fit", name)
        assert (said.code, said.out, help in said.err) == (1, "", True)


def test_what_cannot_be_read_or_written_is_usage(terminal: Terminal) -> None:
    (terminal.folder / "page.png").write_bytes(stored(screenshot(), "PNG"))
    (terminal.folder / "folder").mkdir()
    for words in (("gone.jpg",), ("folder",), ("page.png", "-o", "folder"), ("page.png", "-o", "gone/out.png"), ()):
        said = terminal("media", "fit", *words)
        assert said.code == 2 and said.err.startswith("error: ") and "Traceback" not in said.err


def test_the_shop_has_a_photograph_as_phones_make_them(terminal: Terminal) -> None:
    path = SHOP / "media/big-photo.jpg"
    assert 2_000_000 < path.stat().st_size < 4_000_000
    exif = read(path.read_bytes()).getexif()
    assert exif[0x0112] == 6 and exif.get_ifd(0x8825)
    told = json.loads(terminal.well("media", "fit", str(path), "--format", "json").out)
    assert (told["width"], told["height"], told["quality"]) == (1080, 1440, 90)
