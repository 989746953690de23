"""What is known of a picture without a decoder: its name, the limits, what it is, what is wrong with it, what fitting made of it.

Invariants: nothing here loads Pillow, so that a command which shows no picture does not pay for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

VERSION = 2  # raise it when the same picture comes out differently: what was kept of older ones is then made anew
MAX_BYTES = 500_000  # of what is sent: decimal, so that it is below either reading of the providers' "500 KB"
MAX_INPUT = 20_000_000  # of what is fitted
MAX_PIXELS = 50_000_000  # of a JPEG, which can be decoded at a part of its size
# The others only decode whole. Decoding takes up to 9 bytes a pixel, of a WebP 17; it is to stay below 200 MB with the file itself.
WHOLE_PIXELS = {"png": 16_000_000, "gif": 16_000_000, "webp": 9_000_000}
MAX_COEFFICIENTS = 120_000_000  # bytes that a JPEG of several scans keeps until it has read the last
MAX_SCREEN = 4_000_000  # pixels of a frame of a moving picture: the one before is kept beside it
MAX_FRAMES = 300
MAX_MOVING_PIXELS = 100_000_000  # of all frames together: about a second of decoding
FEWEST_TILES, MOST_TILES = 2, 6  # of a collage
MAX_SCANS = 100  # of a progressive JPEG, which has about ten; each goes over all pixels again

Kind = Literal["jpeg", "png", "gif", "vcf"]  # vcf: a contact card (contact_card.py)
Fault = Literal["bytes", "type", "pixels", "frames", "decode", "unseen", "missing", "card"]
ENDINGS: Mapping[Kind, str] = {"jpeg": "jpg", "png": "png", "gif": "gif"}
SENT = tuple(ENDINGS)
READ = (*ENDINGS, "webp")


class MediaInfo(NamedTuple):
    ref: str  # "<sha256>.<jpg|png|gif|vcf>"
    kind: Kind
    bytes: int
    width: int
    height: int
    stilled: tuple[int, ...] = ()  # of a collage: which of its pictures moved


class BadMedia(ValueError):
    """A picture that can't be sent. `reason` says why, `fault` which limit or rule it is about, `help` what to do where more can be
    said than for every picture with that fault.
    """

    def __init__(self, fault: Fault, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.fault = fault
        self.reason = reason
        self.help = help


class BadTiles(BadMedia):
    """A collage, some of whose pictures cannot be used: what is wrong with each, by its index."""

    def __init__(self, tiles: Mapping[int, BadMedia]) -> None:
        first = tiles[min(tiles)]
        super().__init__(first.fault, f"picture {min(tiles) + 1}: {first.reason}", first.help)
        self.tiles = tiles


class Source(NamedTuple):
    """A picture as it came in, its size as people see it."""

    width: int
    height: int
    bytes: int


class Fitted(NamedTuple):
    info: MediaInfo
    data: bytes
    frames: int
    quality: int | None  # of a JPEG that was written anew
    actions: tuple[str, ...]  # what was done, in words; nothing: the bytes are those that came in
    sources: tuple[Source, ...] = ()  # one; of a collage several

    def summary(self) -> str:
        """What was done, in one line: `4032×3024 6.1 MB → 1080×810 312 KB (quality 90, metadata removed)`."""
        moving = f", {self.frames} frames" if self.frames > 1 else ""
        if self.info.kind == "vcf":
            return f"{_size(self.info.bytes)} ({', '.join(self.actions)})"
        after = f"{self.info.width}×{self.info.height} {_size(self.info.bytes)}{moving}"
        if not self.actions:
            return f"{after}, sent as it is"
        if len(self.sources) == 1:
            before = f"{self.sources[0].width}×{self.sources[0].height}"
        else:
            before = f"{len(self.sources)} pictures"
        quality = [f"quality {self.quality}"] if self.quality is not None else []
        size = _size(sum(each.bytes for each in self.sources))
        return f"{before} {size} → {after} ({', '.join([*quality, *self.actions])})"


def _size(count: int) -> str:
    if count < 1_000:
        return f"{count} bytes"
    return f"{count / 1_000_000:.1f} MB" if count >= 999_500 else f"{round(count / 1_000)} KB"


BETWEEN = "\n"  # in no path


def parts_of(name: str) -> list[str]:
    """The paths behind a picture's name: one, or those of a collage."""
    return name.removeprefix(BETWEEN).split(BETWEEN)


def is_cropped(name: str) -> bool:
    """Whether each picture of a collage fills its tile."""
    return name.startswith(BETWEEN)
