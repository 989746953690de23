"""Inspects a picture before it is sent: its type, its size, and whether it decodes (promises MM1, MM2).

Invariants: the type is recognised by the content, never by the file's name. A file is hostile until it is decoded: its bytes are limited
before anything reads it, its pixels and frames before anything decodes it (a GIF of 1 MB can unpack to gigabytes), and every error of the
decoder is reported as an error of the file. Nothing is changed here: engine/messaging/media/fitting.py does that.
"""

from __future__ import annotations

import hashlib
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple

from PIL import ImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from engine.messaging.media import containers, jpegs, picture
from engine.messaging.media.boxes import Size, contained
from engine.messaging.media.foreign import foreign


class Probe(NamedTuple):
    """A file within the limits that are checked without decoding. `kind`: of Kind, or webp, which is read and never sent."""

    kind: str
    frames: int
    # Pillow's readers themselves: Image.open would try more formats and warn where we refuse.
    open: Callable[[BytesIO], ImageFile.ImageFile]


_READERS: tuple[tuple[bytes, str, Callable[[BytesIO], ImageFile.ImageFile]], ...] = (
    (b"\xff\xd8\xff", "jpeg", JpegImageFile),
    (b"\x89PNG\r\n\x1a\n", "png", PngImageFile),
    (b"GIF87a", "gif", GifImageFile),
    (b"GIF89a", "gif", GifImageFile),
    (b"RIFF", "webp", WebPImageFile),
)


def inspect(data: bytes) -> picture.MediaInfo:
    """What the picture is, as it would be sent. Raises BadMedia."""
    seen = probe(data, picture.MAX_BYTES, picture.SENT)
    with opened(seen, data) as image:
        for frame in range(seen.frames):
            if frame:
                image.seek(frame)
            image.load()
        return described(seen.kind, data, image.size)


def described(kind: str, data: bytes, size: tuple[int, int]) -> picture.MediaInfo:
    sent: picture.Kind = "jpeg" if kind == "jpeg" else "png" if kind == "png" else "gif"
    return picture.MediaInfo(f"{hashlib.sha256(data).hexdigest()}.{picture.ENDINGS[sent]}", sent, len(data), *size)


def probe(data: bytes, most: int = picture.MAX_INPUT, kinds: Sequence[str] = picture.READ) -> Probe:
    """Its kind and the number of its frames, with nothing decoded. Raises BadMedia."""
    if len(data) > most:
        what = "can be sent" if most == picture.MAX_BYTES else "are read"
        raise picture.BadMedia("bytes", f"the picture has {len(data):,} bytes; at most {most:,} {what}")
    kind, read = next(((kind, read) for start, kind, read in _READERS if data.startswith(start)), ("", None))
    if read is None or kind not in kinds or (kind == "webp" and data[8:12] != b"WEBP"):
        raise _no_picture(data)
    with decoding(kind):
        if kind == "gif":
            return Probe(kind, _checked_gif(data), read)
        if kind == "webp":
            check_pixels(kind, *containers.webp_size(data))
        if (
            kind == "jpeg"
            and sum(each.name == containers.SCAN for each in containers.jpeg_pieces(data)) > picture.MAX_SCANS
        ):
            raise picture.BadMedia("decode", f"the JPEG has more than {picture.MAX_SCANS} scans")
        if kind == "png":
            deque(containers.png_pieces(data), 0)  # it holds together
    return Probe(kind, 1, read)


@contextmanager
def opened(seen: Probe, data: bytes) -> Iterator[ImageFile.ImageFile]:
    """The picture, its pixels counted, and not yet decoded but for a PNG. What goes wrong inside is the file's: BadMedia."""
    with decoding(seen.kind), seen.open(BytesIO(data)) as image:
        check_pixels(seen.kind, *image.size)
        if seen.kind == "png":
            image.load()  # reading its orientation decodes it too, and hides damage
        if seen.kind == "jpeg":
            _check_whole(seen, data, image.size)
        yield image


def _check_whole(seen: Probe, data: bytes, size: Size) -> None:
    """Raises BadMedia where some of a JPEG is missing, at the end or between its end and what was read."""
    if jpegs.coefficient_bytes(data) > picture.MAX_COEFFICIENTS:
        raise _too_many(
            f"the picture has {size[0]}×{size[1]} pixels, and is progressive, so it can only be decoded as a whole",
            size,
        )
    if jpegs.lacks_scans(data) or _thumbnail(seen, data) != _thumbnail(seen, jpegs.continued(data)):
        raise picture.BadMedia("decode", "a part of the JPEG is missing: phones show it grey")


def _thumbnail(seen: Probe, data: bytes) -> bytes:
    with seen.open(BytesIO(data)) as image:
        image.draft(image.mode, (max(1, image.width // 4), max(1, image.height // 4)))
        return image.tobytes()


@contextmanager
def decoding(kind: str) -> Iterator[None]:
    """Every failure inside is BadMedia, and what Pillow only warns of too; but for crooked metadata, which goes anyway."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            warnings.simplefilter("ignore", UserWarning)
            yield
    except picture.BadMedia:
        raise
    except Exception as error:  # the decoders' own errors are of many kinds, MemoryError among them
        raise picture.BadMedia("decode", f"the {kind.upper()} picture is damaged and does not decode") from error


def check_pixels(kind: str, width: int, height: int) -> None:
    most = picture.WHOLE_PIXELS.get(kind, picture.MAX_PIXELS)
    if width * height > most:
        limit = f"of a {kind.upper()} at most {most // 10**6} million are decoded"
        raise _too_many(f"the picture has {width}×{height} pixels; {limit}", (width, height))


def _too_many(reason: str, size: Size) -> picture.BadMedia:
    width, height = contained(size)
    return picture.BadMedia("pixels", reason, f"save it in {width}×{height}: phones show no more")


def _no_picture(data: bytes) -> picture.BadMedia:
    if not data:
        return picture.BadMedia("type", "the file is empty")
    known = foreign(data)
    if known is None:
        return picture.BadMedia("type", "the file is not a JPEG, PNG or GIF picture")
    return picture.BadMedia("type", f"the file is {known.name}, not a JPEG, PNG or GIF", known.way_out)


def check_moving(frames: int, width: int, height: int) -> None:
    if frames > picture.MAX_FRAMES:
        raise picture.BadMedia("frames", f"the GIF has more than {picture.MAX_FRAMES} frames")
    if frames * width * height > picture.MAX_MOVING_PIXELS:
        limit = f"{picture.MAX_MOVING_PIXELS // 10**6} million pixels together"
        raise picture.BadMedia("frames", f"the GIF has {frames} frames of {width}×{height}; at most {limit} decode")
    if frames > 1 and width * height > picture.MAX_SCREEN:
        limit = f"of an animation at most {picture.MAX_SCREEN // 10**6} million are decoded"
        raise _too_many(f"the picture has {width}×{height} pixels; {limit}", (width, height))


def _checked_gif(data: bytes) -> int:
    """The number of frames, found without decoding one. Raises BadMedia where they are too many or too large."""
    width, height = containers.gif_screen(data)
    frames = 0
    for piece in containers.gif_pieces(data):
        if piece.name != containers.FRAME:
            continue
        frames += 1
        right, bottom = containers.gif_edges(data, piece)
        width, height = max(width, right), max(height, bottom)
        check_pixels("gif", width, height)
        check_moving(frames, 0, 0)
    check_moving(frames, width, height)
    return frames
