"""What a drawing is made of: a few shapes, each with a role that the palette gives a colour. Points, y downwards."""

from __future__ import annotations

from typing import Literal, NamedTuple

from engine.language.diagnostics.findings import Loc
from engine.preview.graph.chart import Card, Run

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]


class Rect(NamedTuple):
    x: float
    y: float
    wide: float
    high: float
    radius: float
    fill: str | None
    edge: str | None = None


class Words(NamedTuple):
    """One line of text; y is its baseline, `wide` how long it is to be."""

    x: float
    y: float
    runs: tuple[Run, ...]
    size: float
    wide: float
    bold: bool = False
    anchor: Anchor = "start"


class Icon(NamedTuple):
    """The middle of a drawing of 16 by 16."""

    x: float
    y: float
    name: str
    colour: str


class Picture(NamedTuple):
    x: float
    y: float
    wide: float
    high: float
    name: str


Shape = Rect | Words | Icon | Picture


class Box(NamedTuple):
    """A card with its place; its shapes have places of their own, from the drawing's corner."""

    card: Card
    x: float
    y: float
    wide: float
    high: float
    shapes: tuple[Shape, ...]


class Line(NamedTuple):
    """A piece of a way, with an arrow at its end where it meets a card. `place`: the card that it begins at."""

    place: Loc
    branch: str
    points: tuple[Point, ...]
    arrow: bool


class Label(NamedTuple):
    """What stands at a way."""

    place: Loc
    branch: str
    shapes: tuple[Shape, ...]


class Drawing(NamedTuple):
    """Everything at its place. `lines` go below `labels`, and those below `boxes`."""

    wide: float
    high: float
    head: tuple[Shape, ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    caption: Point  # where a line about counts or coverage may stand: it is free in every drawing


class Palette(NamedTuple):
    """Role -> colour, by daylight and in the dark."""

    light: dict[str, str]
    dark: dict[str, str]


_ROLES = {
    "ground": ("#F6F7F9", "#131518"),
    "card": ("#FFFFFF", "#1D2025"),
    "edge": ("#D5DAE2", "#3A404A"),
    "line": ("#98A2B1", "#6C7686"),
    "ink": ("#14181F", "#ECEFF3"),
    "soft": ("#596273", "#A4AEBC"),
    "inverse": ("#FFFFFF", "#14181F"),
    "bubble": ("#EEF0F4", "#2A2F37"),
    "value": ("#6E3FC4", "#BBA2FF"),
    "link": ("#0A5BD3", "#74B3FF"),
    "trigger": ("#0B7A57", "#54D3A3"),
    "trigger_tint": ("#DFF4EC", "#173A2F"),
    "entry": ("#596273", "#A4AEBC"),
    "entry_tint": ("#E9ECF1", "#2A2F37"),
    "message": ("#1F5FE0", "#86B0FF"),
    "message_tint": ("#E3ECFE", "#1D2F56"),
    "wait": ("#9A5B00", "#F0B660"),
    "wait_tint": ("#FDF0DA", "#40311B"),
    "choice": ("#6E3FC4", "#BBA2FF"),
    "choice_tint": ("#EFE8FC", "#30274F"),
    "action": ("#0F6E84", "#6FD0E4"),
    "action_tint": ("#DFF2F6", "#173840"),
    "exit": ("#14181F", "#ECEFF3"),
    "exit_tint": ("#E9ECF1", "#2A2F37"),
    "count": ("#1F5FE0", "#86B0FF"),
    "alarm": ("#C0262D", "#FF8A8A"),
}
PALETTE = Palette(*({role: pair[at] for role, pair in _ROLES.items()} for at in (0, 1)))

Strokes = tuple[tuple[Point, ...], ...]
"""Lines through points."""


class Sketch(NamedTuple):
    """An icon: lines of 1.6 points, filled areas, and circles (x, y, radius)."""

    lines: Strokes = ()
    areas: Strokes = ()
    circles: tuple[tuple[float, float, float], ...] = ()


ICONS: dict[str, Sketch] = {
    "trigger": Sketch(areas=(((9, 1.5), (3.5, 9), (7.4, 9), (6.6, 14.5), (12.5, 6.6), (8.5, 6.6)),)),
    "entry": Sketch(lines=(((2, 8), (9.5, 8)), ((6.8, 5.2), (9.6, 8), (6.8, 10.8)), ((8.5, 2.5), (13, 2.5), (13, 13.5), (8.5, 13.5)))),
    "message": Sketch(lines=(((4, 2.8), (12, 2.8), (13.8, 4.6), (13.8, 8.8), (12, 10.6), (7.2, 10.6), (4, 13.4), (4, 10.6), (2.2, 8.8),
                             (2.2, 4.6), (4, 2.8)),)),
    "wait": Sketch(lines=(((8, 4.6), (8, 8), (10.6, 9.6)),), circles=((8, 8, 5.9),)),
    "choice": Sketch(lines=(((8, 1.8), (14.2, 8), (8, 14.2), (1.8, 8), (8, 1.8)),)),
    "action": Sketch(lines=(((3, 13), (3.6, 10.2), (10.8, 3), (13, 5.2), (5.8, 12.4), (3, 13)),)),
    "exit": Sketch(areas=(((4.2, 4.2), (11.8, 4.2), (11.8, 11.8), (4.2, 11.8)),)),
    "rule": Sketch(areas=(((4.2, 4.2), (11.8, 4.2), (11.8, 11.8), (4.2, 11.8)),)),
}  # fmt: skip
