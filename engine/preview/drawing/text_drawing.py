"""Text for pictures, in the one font that Pillow carries: no machine needs fonts of its own.

Invariants: sizes are in points, of `FINE` pixels each. Every text is untrusted: it is cut before it is read, so a text of any length
costs the same; controls and direction marks are dropped. A character that the font lacks becomes its base letter (é → e), a look-alike
(— → -), or a small box.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import NamedTuple

import regex
from PIL import ImageDraw, ImageFont

FINE = 4  # pixels a point while drawing
LONGEST = 1_600  # characters looked at: the longest text a message may have
COVERED = frozenset(map(chr, range(0x20, 0x7F))) | frozenset("©«°±´·»‘’“”…‹›™")
BOX = "\uffff"  # a character that the font lacks, drawn as a small box of this width:
BOX_WIDTH = 0.62  # of the size
_DASHES = dict.fromkeys("–—‐‑−", "-")
_LIKE = str.maketrans(
    {"•": "·", "€": "EUR ", "£": "GBP ", "×": "x", "¿": "?", "¡": "!", "\t": " ", "ß": "ss", "æ": "ae", "Æ": "AE"}
    | {"ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}
    | _DASHES
)
_LINK = regex.compile(r"https?://\S+", regex.IGNORECASE)


class Word(NamedTuple):
    """A word, or a piece of one that is too long for a line."""

    text: str
    link: bool
    glued: bool  # follows the piece before it without a space


Line = list[Word]


def pixels(*points: float) -> list[float]:
    """Coordinates in points, as Pillow takes them."""
    return [value * FINE for value in points]


@lru_cache(maxsize=64)
def font(size: float) -> ImageFont.FreeTypeFont:
    """`size` is in pixels."""
    found = ImageFont.load_default(size)
    assert isinstance(found, ImageFont.FreeTypeFont)
    return found


def plain(text: str) -> str:
    """The text in characters that can be drawn, line breaks kept."""
    cut = text[:LONGEST].replace("\r\n", "\n").replace("\u2028", "\n").translate(_LIKE)
    return "".join(_drawable(cluster) for cluster in regex.findall(r"\X", cut))


def _drawable(cluster: str) -> str:
    if cluster in COVERED or cluster == "\n":
        return cluster
    letters = [c for c in unicodedata.normalize("NFKD", cluster) if unicodedata.category(c)[0] not in "CM"]
    if not letters:
        return ""
    shown = "".join(" " if c.isspace() else c for c in letters)
    return shown if all(c in COVERED for c in shown) else BOX


def length(text: str, size: float) -> float:
    """The width of a drawable text."""
    letters = font(size * FINE).getlength(text.replace(BOX, "")) / FINE
    return letters + text.count(BOX) * size * BOX_WIDTH


def fitted(text: str, size: float, width: float) -> str:
    """One line, cut with an ellipsis where it is too wide."""
    line = " ".join(plain(text[:200]).split())
    return line if length(line, size) <= width else _shortened(line, size, width).rstrip() + "…"


def _shortened(text: str, size: float, width: float, used: float = 0.0) -> str:
    """Its beginning that leaves space for an ellipsis, in a line of which `used` is taken."""
    while text and used + length(text + "…", size) > width:
        text = text[:-1]
    return text


def wrapped(text: str, size: float, width: float, lines: int) -> list[Line]:
    """The text in lines of at most `width`; text beyond `lines` lines is cut with an ellipsis."""
    out: list[Line] = []
    for paragraph in plain(text).strip().split("\n"):
        out += _paragraph(paragraph, size, width)
        if len(out) > lines:
            out = out[:lines]
            out[-1] = _cut(out[-1], size, width)
            break
    return out


def _paragraph(paragraph: str, size: float, width: float) -> list[Line]:
    out: list[Line] = [[]]
    used, space = 0.0, length(" ", size)
    for word in paragraph.split():
        link = _LINK.match(word) is not None
        for i, piece in enumerate(_pieces(word, size, width)):
            wide = length(piece, size)
            if out[-1] and used + (0 if i else space) + wide > width:
                out.append([])
                used = 0.0
            used += wide + (space if out[-1] and not i else 0)
            out[-1].append(Word(piece, link, i > 0))
    return out


def _pieces(word: str, size: float, width: float) -> list[str]:
    """A word that no line can hold is broken where the line ends."""
    out = [""]
    for letter in word:
        if out[-1] and length(out[-1] + letter, size) > width:
            out.append("")
        out[-1] += letter
    return out


def _cut(line: Line, size: float, width: float) -> Line:
    last = line[-1] if line else Word("", False, False)
    before = line[:-1]
    used = sum(length(w.text, size) + length(" ", size) for w in before)
    return [*before, last._replace(text=_shortened(last.text, size, width, used) + "…")]


def write(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: float,
    colour: str,
    *,
    weight: float = 0,
    anchor: str = "ls",
) -> float:
    """Draws one drawable line, returns its width. `anchor`: `ls` left, `ms` middle, `rs` right, all on the baseline."""
    wide, face, stroke = length(text, size), font(size * FINE), weight * FINE
    x, y = at[0] - {"l": 0, "m": wide / 2, "r": wide}[anchor[0]], at[1]
    for i, run in enumerate(text.split(BOX)):
        if i:
            edge = size * 0.06
            frame = pixels(x + edge, y - size * 0.68, x + size * BOX_WIDTH - edge, y + edge)
            pen.rounded_rectangle(frame, size * 0.12 * FINE, outline=colour, width=max(1, round(edge * FINE)))
            x += size * BOX_WIDTH
        if run:
            pen.text((x * FINE, y * FINE), run, colour, face, "ls", stroke_width=stroke, stroke_fill=colour)
            x += face.getlength(run) / FINE
    return wide
