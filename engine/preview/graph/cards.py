"""A card with a size: its words broken into lines, and everything at its place inside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from engine.preview.graph.chart import Card, Role, Run
from engine.preview.graph.shapes import Anchor, Icon, Picture, Rect, Shape, Words
from engine.preview.graph.wrapping import Line, one_line, width, width_of, wrapped

NAME, TEXT, SMALL = 13.5, 12.5, 11.0
LEADING = {NAME: 18.0, TEXT: 17.0, SMALL: 15.0}
EDGE, DISC = 11.0, 26.0
WIDEST = 236.0  # of the words beside the icon
LINES = 7
NARROWEST = 96.0
MESSAGE = 216.0
THUMB = (84.0, 126.0)


class Sized(NamedTuple):
    """Its shapes are from its own upper left corner."""

    card: Card
    wide: float
    high: float
    shapes: tuple[Shape, ...]


def sized(card: Card) -> Sized:
    if card.kind == "message":
        return _message(card)
    if card.kind == "exit":
        return _pill(card)
    return _plain(card)


def words(
    x: float,
    y: float,
    line: Line | str,
    size: float,
    *,
    role: Role = "ink",
    bold: bool = False,
    anchor: Anchor = "start",
) -> Words:
    runs = (Run(line, role),) if isinstance(line, str) else line
    return Words(x, y, runs, size, width_of(runs, size, bold), bold, anchor)


def _plain(card: Card) -> Sized:
    """An icon, the id in bold, a few lines."""
    left = EDGE + DISC + 10
    body = wrapped(card.body, TEXT, WIDEST, LINES)
    foot = [line for text in card.foot for line in wrapped((Run(text, "soft"),), SMALL, WIDEST, 3)]
    name = one_line(card.step, NAME, WIDEST, bold=True) if card.step else None
    inner = max(
        [
            NARROWEST,
            width(name, NAME, True) if name else 0.0,
            *(width_of(line, TEXT) for line in body),
            *(width_of(line, SMALL) for line in foot),
        ]
    )
    column = _Column(left, 9.0)
    if name:
        column.add(NAME, lambda x, y: words(x, y, name, NAME, bold=True))
    for line in body:
        column.add(TEXT, _placed(line, TEXT))
    for line in foot:
        column.add(SMALL, _placed(line, SMALL))
    high = max(column.y + 10, DISC + 14)
    shift = (high - (column.y + 10)) / 2
    wide = left + inner + 14
    radius = high / 2 if card.kind == "trigger" and high < 46 else 12.0
    inside = [shape._replace(y=shape.y + shift) for shape in column.shapes]
    disc = _disc(card, EDGE + DISC / 2, high / 2)
    return Sized(card, wide, high, (Rect(0, 0, wide, high, radius, "card", "edge"), *disc, *inside))


def _placed(line: Line, size: float) -> Callable[[float, float], Words]:
    return lambda x, y: words(x, y, line, size)


class _Column:
    """Lines below each other."""

    def __init__(self, x: float, y: float) -> None:
        self.x, self.y = x, y
        self.shapes: list[Words] = []

    def add(self, size: float, make: Callable[[float, float], Words]) -> None:
        self.shapes.append(make(self.x, self.y + LEADING[size] * 0.74))
        self.y += LEADING[size]


def _disc(card: Card, x: float, y: float) -> tuple[Shape, ...]:
    half = DISC / 2
    return (Rect(x - half, y - half, DISC, DISC, half, f"{card.kind}_tint"), Icon(x, y, card.kind, card.kind))


def _pill(card: Card) -> Sized:
    """Where a run ends."""
    text = one_line("".join(run.text for run in card.body), TEXT, WIDEST, bold=True)
    wide, high = 30 + width(text, TEXT, True) + 14, 30.0
    return Sized(
        card,
        wide,
        high,
        (
            Rect(0, 0, wide, high, high / 2, "exit_tint", "edge"),
            Icon(18, high / 2, "exit", "exit"),
            words(30, high / 2 + TEXT * 0.35, text, TEXT, bold=True),
        ),
    )


def _message(card: Card) -> Sized:
    """The picture on the left, the text in a bubble, below it what it costs."""
    left = EDGE
    room = MESSAGE
    picture: tuple[Shape, ...] = ()
    if card.picture is not None:
        left += THUMB[0] + 12
    lines = wrapped(card.body, TEXT, room - 20, 7 if card.picture else 6)
    foot = [line for text in card.foot for line in wrapped((Run(text, "soft"),), SMALL, room, 2)]
    tag_wide = width(card.tag, SMALL, True) + 12
    shapes: list[Shape] = []
    y = 10.0
    name = one_line(card.step or "", NAME, room - tag_wide - 28, bold=True)
    shapes.append(Icon(left + 8, y + 9, "message", "message"))
    shapes.append(words(left + 22, y + 13.4, name, NAME, bold=True))
    shapes.append(Rect(left + room - tag_wide, y, tag_wide, 18, 9, "message_tint"))
    shapes.append(
        words(left + room - tag_wide / 2, y + 12.8, card.tag, SMALL, role="message", bold=True, anchor="middle")
    )
    y += 25
    high = len(lines) * LEADING[TEXT] + 13
    shapes.append(Rect(left, y, room, high, 11, "bubble"))
    for at, line in enumerate(lines):
        shapes.append(words(left + 10, y + 7 + LEADING[TEXT] * (at + 0.74), line, TEXT))
    y += high + 6
    for line in foot:
        shapes.append(words(left + 2, y + LEADING[SMALL] * 0.74, line, SMALL))
        y += LEADING[SMALL]
    y += 8
    if card.picture is not None:
        y = max(y, THUMB[1] + 2 * EDGE)
        picture = (Picture(EDGE, EDGE, THUMB[0], y - 2 * EDGE, card.picture),)
    wide = left + room + EDGE
    return Sized(card, wide, y, (Rect(0, 0, wide, y, 14, "card", "edge"), *picture, *shapes))
