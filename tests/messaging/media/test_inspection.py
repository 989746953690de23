"""Pictures: what they are by their content, and hostile files that must not be decoded."""

from __future__ import annotations

import hashlib
import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.messaging.media.inspection import inspect
from engine.messaging.media.picture import MAX_BYTES, BadMedia, MediaInfo
from tests.exploration import examples


def picture(kind: str, size: tuple[int, int] = (32, 24), mode: str = "RGB", **options: Any) -> bytes:
    image = Image.radial_gradient("L").resize(size).convert(mode)
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def gif(frames: int, size: tuple[int, int] = (16, 16)) -> bytes:
    images = [Image.linear_gradient("L").resize(size).rotate(7 * n) for n in range(frames)]
    file = BytesIO()
    images[0].save(file, "GIF", save_all=True, append_images=images[1:], duration=[50 + n % 9 for n in range(frames)])
    return file.getvalue()


def hollow_gif(frames: int, width: int, height: int, screen: tuple[int, int] | None = None) -> bytes:
    """A GIF of frames that claim a size and hold next to nothing."""
    head = b"GIF89a" + struct.pack("<HHBBB", *(screen or (width, height)), 0x80, 0, 0) + bytes(6)
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x4c\x01\x00"
    return head + frame * frames + b"\x3b"


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def hollow_png(width: int, height: int, *chunks: bytes) -> bytes:
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + png_chunk(b"IEND", b"")


def refused(data: bytes) -> BadMedia:
    with pytest.raises(BadMedia) as found:
        inspect(data)
    return found.value


@pytest.mark.parametrize(("kind", "ending"), [("jpeg", "jpg"), ("png", "png"), ("gif", "gif")])
def test_a_picture_is_known_by_its_content(kind: str, ending: str) -> None:
    data = picture(kind)

    assert inspect(data) == MediaInfo(f"{hashlib.sha256(data).hexdigest()}.{ending}", kind, len(data), 32, 24)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "mode"), [("jpeg", "CMYK"), ("jpeg", "L"), ("png", "RGBA"), ("png", "1"), ("png", "I;16")]
)
def test_pictures_of_other_colours_decode(kind: str, mode: str) -> None:
    assert inspect(picture(kind, mode=mode)).width == 32


def test_a_progressive_jpeg_decodes() -> None:
    assert inspect(picture("jpeg", (200, 100), progressive=True)).height == 100


def test_a_moving_gif_is_decoded_to_its_last_frame() -> None:
    data = gif(12)
    assert inspect(data).kind == "gif"

    assert refused(data[:-40]).fault == "decode"


def test_what_stands_behind_the_picture_does_not_change_its_kind() -> None:
    assert inspect(picture("jpeg") + b"PK\x03\x04 a zip archive").kind == "jpeg"


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%!PS-Adobe-3.0", b"RIFF\0\0\0\0WEBPVP8 ", b"BM"],
)
def test_what_is_no_jpeg_png_or_gif_is_refused_by_type(data: bytes) -> None:
    assert refused(data).fault == "type"


@pytest.mark.parametrize("kind", ["bmp", "webp", "tiff", "eps"])
def test_other_formats_that_pillow_reads_are_refused(kind: str) -> None:
    assert refused(picture(kind)).fault == "type"


@pytest.mark.parametrize("kind", ["jpeg", "png", "gif"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_off_picture_is_refused(kind: str, share: float) -> None:
    data = picture(kind, (64, 64))

    assert refused(data[: int(len(data) * share)]).fault == "decode"


def test_a_signature_alone_is_no_picture() -> None:
    for data in (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;"):
        assert refused(data).fault == "decode"


def test_the_limit_of_bytes_is_exact() -> None:
    data = picture("jpeg")
    assert inspect(data + bytes(MAX_BYTES - len(data))).bytes == MAX_BYTES

    problem = refused(data + bytes(MAX_BYTES + 1 - len(data)))
    assert (problem.fault, "500,001" in problem.reason) == ("bytes", True)


def test_bombs_are_refused_before_they_are_decoded() -> None:
    zeros = png_chunk(b"IDAT", zlib.compress(bytes(30_000_000), 9))
    bombs = {
        "pixels": [
            hollow_png(10_000, 10_000, zeros),  # within Pillow's own limit's warning
            hollow_png(60_000, 60_000, zeros),
            hollow_gif(1, 65_535, 65_535),
            hollow_gif(1, 40_000, 2_000, screen=(10, 10)),  # a frame that grows the picture
        ],
        "frames": [hollow_gif(301, 10, 10), hollow_gif(20_000, 1, 1), hollow_gif(300, 2_000, 2_000)],
    }
    for fault, files in bombs.items():
        for data in files:
            assert refused(data).fault == fault  # decoded, they would be found to be damaged


def test_a_text_chunk_that_unpacks_to_gigabytes_is_refused() -> None:
    bomb = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(20_000_000), 9))

    assert refused(hollow_png(8, 8, bomb)).fault == "decode"


def test_a_jpeg_that_is_gone_over_again_and_again_is_refused() -> None:
    data = picture("jpeg")

    assert "scans" in refused(data[:-2] + b"\xff\xda\0\2" * 101 + data[-2:]).reason
    assert inspect(data + b"\xff\xda\0\2" * 101).width == 32  # a film behind the picture may hold anything


@settings(max_examples=examples(300))
@given(st.sampled_from([picture("jpeg"), picture("png"), gif(3)]), st.data())
def test_any_damage_gives_a_picture_or_a_reason(data: bytes, draw: st.DataObject) -> None:
    broken = bytearray(data)
    for _ in range(draw.draw(st.integers(1, 8))):
        broken[draw.draw(st.integers(0, len(broken) - 1))] = draw.draw(st.integers(0, 255))
    broken = broken[: draw.draw(st.integers(0, len(broken)))]

    try:
        info = inspect(bytes(broken))
    except BadMedia as problem:
        info = None
        reason = problem.reason
    assert info is not None or reason
