"""Reads a JPEG's headers before it is decoded: how much memory it takes, and whether it is complete.

Invariants: a decoder fills a missing part with grey and reports no error, so a truncated and closed download would pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from engine.messaging.media.containers import SCAN, jpeg_pieces

# Not zeros and not a marker; long enough to fill more than one block with any codes.
_BEHIND = bytes(range(1, 255)) * 8
_NO_FRAMES = (0xC4, 0xC8, 0xCC)  # among C0 to CF


class Frame(NamedTuple):
    width: int
    height: int
    components: dict[int, int]  # by id: horizontal and vertical sampling, four bits each

    @property
    def samples(self) -> int:
        shares = [(sampling >> 4) * (sampling & 15) for sampling in self.components.values()]
        most = max((each >> 4 for each in self.components.values()), default=1)
        tallest = max((each & 15 for each in self.components.values()), default=1)
        return self.width * self.height * sum(shares) // max(1, most * tallest)


class Scan(NamedTuple):
    end: int
    components: tuple[int, ...]
    first: int  # coefficient
    last: int
    left: int  # bits of precision that a later scan has to bring


def coefficient_bytes(data: bytes) -> int:
    """What a decoder keeps of a JPEG of several scans, until it has read the last; 0 where there is one."""
    frame, scans = _read(data)
    return 2 * frame.samples if len(scans) > 1 else 0


def lacks_scans(data: bytes) -> bool:
    """Whether a part of the picture was to come in a scan that is not there."""
    frame, scans = _read(data)
    missing = {(component, at) for component in frame.components for at in range(64)}
    for scan in scans:
        if scan.left == 0:
            missing -= {(each, at) for each in scan.components for at in range(scan.first, scan.last + 1)}
    return bool(missing)


def continued(data: bytes) -> bytes:
    """The file with data after its last scan: a decoder reads it only if a part of the picture is missing, and then the picture differs."""
    end = _read(data)[1][-1].end
    return data[:end] + _BEHIND + b"\xff\xd9"


def _read(data: bytes) -> tuple[Frame, list[Scan]]:
    """Raises IndexError or ValueError."""
    frame, scans = None, []
    for piece in jpeg_pieces(data):
        body = data[piece.start + 4 : min(piece.end, piece.start + 800)]
        if piece.name == SCAN:
            scans.append(_scan(body, piece.end))
        elif 0xC0 <= piece.name <= 0xCF and piece.name not in _NO_FRAMES:
            frame = Frame(body[3] << 8 | body[4], body[1] << 8 | body[2], dict(_pairs(body[6:], body[5], 3)))
    if frame is None or not scans:
        raise ValueError("the JPEG contains no picture")
    return frame, scans


def _scan(body: bytes, end: int) -> Scan:
    count = body[0]
    first, last, precision = body[1 + 2 * count : 4 + 2 * count]
    return Scan(end, tuple(each for each, _ in _pairs(body[1:], count, 2)), first, last, precision & 15)


def _pairs(body: bytes, count: int, wide: int) -> Iterator[tuple[int, int]]:
    return ((body[wide * at], body[wide * at + 1]) for at in range(count))
