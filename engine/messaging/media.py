"""Looking at a picture before it is anybody's MMS: what it is, how large, and whether it decodes (promises MM1, MM2).

Rules kept here: the kind is told by the content, never by a name. A file is hostile until it is decoded: its bytes are limited before
anything reads it, its pixels and frames before anything decodes it (a GIF of 1 MB can unpack to gigabytes), and every failure of the
decoder is the file's. Nothing is changed or fitted here; what stands behind the picture's end goes along as it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Literal, NamedTuple

from PIL import ImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

MAX_BYTES = 500_000  # decimal, so that it is below either reading of the providers' "500 KB"
MAX_PIXELS = 50_000_000
MAX_FRAMES = 300
MAX_MOVING_PIXELS = 100_000_000  # of all frames together: about a second of decoding
MAX_SCANS = 100  # of a progressive JPEG, which has about ten; each goes over all pixels again

Kind = Literal["jpeg", "png", "gif"]
Fault = Literal["bytes", "type", "pixels", "frames", "decode"]


class MediaInfo(NamedTuple):
    ref: str  # "<sha256>.<jpg|png|gif>"
    kind: Kind
    bytes: int
    width: int
    height: int


class BadMedia(ValueError):
    """A picture that can't be sent. `reason` says why, `fault` which limit or rule it is about."""

    def __init__(self, fault: Fault, reason: str) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason


class _Reader(NamedTuple):
    signature: bytes
    kind: Kind
    ending: str
    # Pillow's readers themselves: Image.open would try more formats and warn where we refuse.
    open: Callable[[BytesIO], ImageFile.ImageFile]


_READERS = (
    _Reader(b"\xff\xd8\xff", "jpeg", "jpg", JpegImageFile),
    _Reader(b"\x89PNG\r\n\x1a\n", "png", "png", PngImageFile),
    _Reader(b"GIF87a", "gif", "gif", GifImageFile),
    _Reader(b"GIF89a", "gif", "gif", GifImageFile),
)


def inspect(data: bytes) -> MediaInfo:
    """What the picture is. Raises BadMedia."""
    if len(data) > MAX_BYTES:
        raise BadMedia("bytes", f"the picture has {len(data):,} bytes; at most {MAX_BYTES:,} can be sent")
    reader = next((reader for reader in _READERS if data.startswith(reader.signature)), None)
    if reader is None:
        raise BadMedia("type", "the file is empty" if not data else "the file is no JPEG, PNG or GIF picture")
    try:
        width, height = _decoded(reader, data)
    except BadMedia:
        raise
    except Exception as error:  # the decoders' own errors are of many kinds, MemoryError among them
        raise BadMedia("decode", f"the {reader.kind.upper()} picture is damaged and does not decode") from error
    return MediaInfo(f"{hashlib.sha256(data).hexdigest()}.{reader.ending}", reader.kind, len(data), width, height)


def _decoded(reader: _Reader, data: bytes) -> tuple[int, int]:
    frames = _check_gif(data) if reader.kind == "gif" else 1
    if reader.kind == "jpeg" and data.count(b"\xff\xda") > MAX_SCANS:
        raise BadMedia("decode", f"the JPEG has more than {MAX_SCANS} scans")
    with reader.open(BytesIO(data)) as image:
        _check_pixels(*image.size)
        for frame in range(frames):
            if frame:
                image.seek(frame)
            image.load()
        return image.size


def _check_pixels(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise BadMedia(
            "pixels", f"the picture has {width}×{height} pixels; at most {MAX_PIXELS // 10**6} million decode"
        )


def _check_gif(data: bytes) -> int:
    """The number of frames, found without decoding one. Raises BadMedia where they are too many or too large."""
    width, height = _u16(data, 6), _u16(data, 8)
    frames = 0
    for right, bottom in _gif_frames(data):
        frames += 1
        width, height = max(width, right), max(height, bottom)
        _check_pixels(width, height)
        if frames > MAX_FRAMES:
            raise BadMedia("frames", f"the GIF has more than {MAX_FRAMES} frames")
    if frames * width * height > MAX_MOVING_PIXELS:
        limit = f"{MAX_MOVING_PIXELS // 10**6} million pixels together"
        raise BadMedia("frames", f"the GIF has {frames} frames of {width}×{height}; at most {limit} decode")
    return frames


def _gif_frames(data: bytes) -> Iterator[tuple[int, int]]:
    """Right and bottom edge of each frame. Walks the blocks of GIF89a; a cut-off file raises IndexError."""
    at = 13 + _colours(data[10])
    while data[at] != 0x3B:  # the trailer
        if data[at] == 0x2C:  # a frame
            yield _u16(data, at + 1) + _u16(data, at + 5), _u16(data, at + 3) + _u16(data, at + 7)
            at += 11 + _colours(data[at + 9])  # its head, its own colours, one byte of code size
        elif data[at] == 0x21:  # an extension
            at += 2
        else:
            raise BadMedia("decode", "the GIF picture is damaged and does not decode")
        while data[at]:  # sub-blocks, each led by its length
            at += data[at] + 1
        at += 1


def _colours(flags: int) -> int:
    """Bytes of the colour table that `flags` announces."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _u16(data: bytes, at: int) -> int:
    return data[at] | data[at + 1] << 8
