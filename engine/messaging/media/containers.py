"""Splits picture files into their segments without decoding them, to remove metadata.

Invariants: removing segments changes no pixel, and doing it twice is the same as once. Files are hostile: every step moves forward and
segments are counted; a malformed file raises (IndexError or ValueError) and never loops.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple

MOST_PIECES = 20_000  # of a JPEG or PNG; a picture of 20 MB has a few thousand
MOST_BLOCKS = 200_000  # of a GIF, usually of 255 bytes each

SCAN, END = 0xDA, 0xD9
# Not a marker: a stuffed byte (00), a fill byte (FF) and those that only restart a scan.
_JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_PNG_NEEDED = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"sRGB"))
FRAME, TRAILER = 0x2C, 0x3B
_EXTENSION, _CONTROL, _APPLICATION = 0x21, 0x21F9, 0x21FF
_LOOPS = (b"NETSCAPE2.0\x03\x01", b"ANIMEXTS1.0\x03\x01")


class Piece(NamedTuple):
    name: int
    start: int
    end: int


def bare(kind: str, data: bytes) -> bytes:
    """A JPEG, PNG or GIF without metadata, comments, previews, and anything after its end."""
    if kind == "jpeg":
        kept = [each for each in jpeg_pieces(data) if _seen_of_jpeg(data, each)]
        return data[:2] + b"".join(data[each.start : each.end] for each in kept)
    if kind == "png":
        return data[:8] + b"".join(data[start:end] for name, start, end in png_pieces(data) if name in _PNG_NEEDED)
    kept = [each for each in gif_pieces(data) if _seen_of_gif(data, each)]
    return data[: _gif_start(data)] + b"".join(data[each.start : each.end] for each in kept)


def jpeg_pieces(data: bytes) -> Iterator[Piece]:
    """All after the first two bytes; a scan goes with its data. Ends with the end of the picture."""
    at, count = 2, 0
    while (found := _JPEG_MARKER.search(data, at)) is not None:
        start, body, name = found.start(), found.end(), data[found.end() - 1]
        if name == END:
            yield Piece(name, start, body)
            return
        at = body + (data[body] << 8 | data[body + 1])
        if name == SCAN:
            following = _JPEG_MARKER.search(data, at)
            at = following.start() if following else len(data)
        count = _counted(count, MOST_PIECES)
        yield Piece(name, start, at)
    raise ValueError("the JPEG has no end")


def _seen_of_jpeg(data: bytes, piece: Piece) -> bool:
    """Of the application's pieces two say how the pixels are to be read; JFIF is plain when it carries no preview."""
    if not 0xE0 <= piece.name <= 0xFE:
        return True
    body = data[piece.start + 4 : piece.end]
    return (piece.name == 0xE0 and body[:5] == b"JFIF\0" and len(body) == 14) or (
        piece.name == 0xEE and body[:5] == b"Adobe" and len(body) == 12
    )


def png_pieces(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Raises ValueError where one that the picture needs has another checksum: its decoder would not look."""
    at, count, name = 8, 0, b""
    while name != b"IEND":
        name, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4])
        if end > len(data):
            raise ValueError("the PNG has no end")
        count = _counted(count, MOST_PIECES)
        if (name[:1].isupper() or name == b"tRNS") and not _sound(memoryview(data)[at:end]):
            raise ValueError("a part of the PNG is damaged")
        yield name, at, end
        at = end


def _sound(piece: memoryview) -> bool:
    return zlib.crc32(piece[4:-4]) == int.from_bytes(piece[-4:])


def gif_pieces(data: bytes) -> Iterator[Piece]:
    """Frames, extensions (0x21 and their label) and the trailer. A cut-off file raises IndexError."""
    at, count = _gif_start(data), 0
    while data[at] != TRAILER:
        start, name = at, data[at]
        if name == FRAME:
            at += 11 + _colours(data[at + 9])  # its head, its own colours, one byte of code size
        elif name == _EXTENSION:
            name = name << 8 | data[at + 1]
            at += 2
        else:
            raise ValueError("this is not a valid block of a GIF")
        while data[at]:  # sub-blocks, each led by its length
            at += data[at] + 1
            count = _counted(count, MOST_BLOCKS)
        at += 1
        count = _counted(count, MOST_BLOCKS)
        yield Piece(name, start, at)
    yield Piece(TRAILER, at, at + 1)


def _seen_of_gif(data: bytes, piece: Piece) -> bool:
    """Frames, their durations, and the number of loops."""
    if piece.name == _APPLICATION:
        return piece.end - piece.start == 19 and data[piece.start + 3 : piece.start + 16] in _LOOPS
    return piece.name in (FRAME, TRAILER, _CONTROL)


def gif_edges(data: bytes, frame: Piece) -> tuple[int, int]:
    """Right and bottom edge of a frame."""
    left, top, width, height = (_u16(data, frame.start + at) for at in (1, 3, 5, 7))
    return left + width, top + height


def gif_screen(data: bytes) -> tuple[int, int]:
    return _u16(data, 6), _u16(data, 8)


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height from the header, because the decoder allocates memory for them when it opens the file."""
    name, body = data[12:16], data[20:30]
    if name == b"VP8X":
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:10], "little") + 1
    if name == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 ":
        return _u16(body, 6) & 0x3FFF, _u16(body, 8) & 0x3FFF
    raise ValueError("this kind of WebP is not supported")


def _gif_start(data: bytes) -> int:
    return 13 + _colours(data[10])


def _colours(flags: int) -> int:
    """Bytes of the colour table that `flags` announces."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _counted(count: int, most: int) -> int:
    if count >= most:
        raise ValueError("the file has too many parts for a picture")
    return count + 1


def _u16(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8
