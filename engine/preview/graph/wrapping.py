"""How wide text is, and where its lines break. Points; with the font that Pillow carries.

Invariants: the font of the reader is another one, so a little room is left; SVG says how long each line is to be. Every text is untrusted
and cut before it is read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from engine.preview.drawing.text_drawing import COVERED, LONGEST, font
from engine.preview.graph.chart import Run

MEASURED = 100  # pixels
ROOM, BOLD = 1.04, 1.07
WIDE, NARROW, EMOJI = 1.0, 0.6, 1.3  # of the size: characters that the font lacks

Line = tuple[Run, ...]
_Atom = list[Run]  # what no space divides


@lru_cache(maxsize=4_096)
def width(text: str, size: float, bold: bool = False) -> float:
    """Of one line."""
    known = "".join(character for character in text if character in COVERED)
    letters = font(MEASURED).getlength(known) / MEASURED + sum(_width(c) for c in text if c not in COVERED)
    return letters * size * ROOM * (BOLD if bold else 1)


def _width(character: str) -> float:
    category = unicodedata.category(character)
    if category[0] in "MC":
        return 0
    if category == "So" or ord(character) > 0xFFFF:
        return EMOJI
    return WIDE if unicodedata.east_asian_width(character) in "WF" else NARROW


def width_of(line: Iterable[Run], size: float, bold: bool = False) -> float:
    return sum(width(run.text, size, bold) for run in line)


def wrapped(runs: Sequence[Run], size: float, room: float, lines: int, bold: bool = False) -> list[Line]:
    """Lines no wider than `room`, at most so many; what is beyond is cut with an ellipsis. Line breaks of the text stay."""
    found: list[list[Run]] = [[]]
    used = 0.0
    for atom in _atoms(runs, size, room, bold):
        if atom is None:
            found.append([])
            used = 0.0
            continue
        wide = width_of(atom, size, bold)
        space = width(" ", size, bold) if found[-1] else 0.0
        if found[-1] and used + space + wide > room:
            found.append([])
            used, space = 0.0, 0.0
        if len(found) > lines:
            break
        found[-1] += ([Run(" ", atom[0].role)] if space else []) + atom
        used += space + wide
    if len(found) > lines:
        found = found[:lines]
        found[-1] = _cut(found[-1], size, room, bold)
    return [_joined(line) for line in found if line]


def _atoms(runs: Sequence[Run], size: float, room: float, bold: bool) -> Iterator[_Atom | None]:
    """None: a line break."""
    atom: _Atom = []
    for run in _shortened(runs):
        for piece in re.findall(r"\n|[^\S\n]+|\S+", run.text):
            if not piece.isspace():
                atom.append(run._replace(text=piece))
                continue
            yield from _broken(atom, size, room, bold)
            atom = []
            if piece == "\n":
                yield None
    yield from _broken(atom, size, room, bold)


def _shortened(runs: Sequence[Run]) -> Iterator[Run]:
    left = LONGEST
    for run in runs:
        yield run._replace(text=_plain(run.text[:left]))
        left = max(0, left - len(run.text))


def _plain(text: str) -> str:
    """Without what would steer: controls and marks of direction."""
    return "".join(c for c in text if c in "\n\u200d" or unicodedata.category(c)[0] != "C").strip("\r")


def _broken(atom: _Atom, size: float, room: float, bold: bool) -> Iterator[_Atom]:
    """One that no line can hold is broken where the line ends."""
    if not atom:
        return
    if width_of(atom, size, bold) <= room:
        yield atom
        return
    part: _Atom = []
    used = 0.0
    for run in atom:
        for letter in run.text:
            wide = width(letter, size, bold)
            if part and used + wide > room:
                yield part
                part, used = [], 0.0
            part.append(run._replace(text=letter))
            used += wide
    yield part


def _cut(line: list[Run], size: float, room: float, bold: bool) -> list[Run]:
    letters = [run._replace(text=letter) for run in line for letter in run.text]
    while letters and width_of(letters, size, bold) + width("…", size, bold) > room:
        letters.pop()
    while letters and letters[-1].text in " .,:;":
        letters.pop()
    return [*letters, Run("…", line[-1].role if line else "ink")]


def _joined(line: list[Run]) -> Line:
    """Neighbours of one kind as one."""
    out: list[Run] = []
    for run in line:
        if out and out[-1].role == run.role:
            out[-1] = run._replace(text=out[-1].text + run.text)
        else:
            out.append(run)
    return tuple(out)


def one_line(text: str, size: float, room: float, bold: bool = False) -> str:
    (line,) = wrapped((Run(" ".join(text.split())),), size, room, 1, bold) or [(Run(""),)]
    return "".join(run.text for run in line)
