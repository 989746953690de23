"""Draws docs/rooms.svg from the imports of the source: `make docs`, or `python -m docs.rooms_picture`.

A room is a folder of engine/, blocks/ or engine/app.py. It stands one floor above the highest room that it imports. An arrow points from
a room to one that it imports; where a room also reaches it through another room, the arrow is left out.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise
from textwrap import wrap
from typing import NamedTuple

from docs.rooms import FILES, PURPOSE, ROOT, imported_files, parsed

TARGET = ROOT / "docs" / "rooms.svg"
EVERYBODY = frozenset(f"engine/{name}.py" for name in ("__init__", "errors", "clock", "private_files", "packages"))
"""What every room may import: not drawn."""
WIDTH, BOX, HEIGHT, FLOOR, LANE = 1000, 216, 62, 94, 26
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #555 } .name { font-weight: 600; font-size: 15px; fill: #1b1b1b }
rect { fill: #fff; stroke: #888 } path { fill: none; stroke: #888; stroke-width: 1.4 } .head { fill: #888; stroke: none }
.page { fill: #fafafa; stroke: none }
@media (prefers-color-scheme: dark) {
  text { fill: #aaa } .name { fill: #f0f0f0 } rect { fill: #262626; stroke: #777 } .page { fill: #161616 }
}
"""


class Place(NamedTuple):
    """A room on its floor, or a point where an arrow passes that floor."""

    floor: int
    room: str
    towards: str = ""  # an arrow from `room` to it passes here


Imports = dict[str, set[str]]


def folder(path: str) -> str:
    """The room of the picture that a file belongs to."""
    return "/".join(path.split("/")[:2]) if path.startswith("engine/") else "blocks"


def imports_between_rooms() -> Imports:
    found: Imports = {folder(path): set() for path in FILES if path not in EVERYBODY}
    for path in FILES:
        if path not in EVERYBODY:
            found[folder(path)] |= {folder(file) for file in imported_files(parsed(path)) - EVERYBODY} - {folder(path)}
    return found


def reached(room: str, graph: Imports) -> set[str]:
    """All that a room imports, over others as well. RecursionError where rooms import one another."""
    return graph[room].union(*(reached(next_room, graph) for next_room in graph[room]))


def direct(graph: Imports) -> Imports:
    """Without the imports that another one brings along."""
    return {
        room: ahead - set().union(*(reached(next_room, graph) for next_room in ahead)) for room, ahead in graph.items()
    }


def floors(graph: Imports) -> dict[str, int]:
    def floor(room: str) -> int:
        return 1 + max((floor(next_room) for next_room in graph[room]), default=-1)

    return {room: floor(room) for room in graph}


def chains(graph: Imports, floor: dict[str, int]) -> list[list[Place]]:
    """Each arrow as the places that it touches, from above."""
    return [
        [
            Place(floor[room], room),
            *(Place(level, room, target) for level in range(floor[room] - 1, floor[target], -1)),
            Place(floor[target], target),
        ]
        for room, targets in sorted(graph.items())
        for target in sorted(targets)
    ]


def positions(arrows: list[list[Place]]) -> dict[Place, float]:
    """The x of each place, in px: on each floor in the order of what is linked to it, evenly apart."""
    neighbours: dict[Place, set[Place]] = {}
    for arrow in arrows:
        for one, other in pairwise(arrow):
            neighbours.setdefault(one, set()).add(other)
            neighbours.setdefault(other, set()).add(one)
    found = {place: WIDTH / 2 for place in neighbours}
    levels = sorted({place.floor for place in found})
    for sweep in range(12):
        for level in levels if sweep % 2 else reversed(levels):
            here = [place for place in found if place.floor == level]
            wanted = {place: sum(map(found.__getitem__, neighbours[place])) / len(neighbours[place]) for place in here}
            found |= spread(sorted(here, key=lambda place: (wanted[place], place)))
    return found


def spread(places: list[Place]) -> dict[Place, float]:
    widths = [LANE if place.towards else BOX + 18 for place in places]
    x = (WIDTH - sum(widths)) / 2
    found = {}
    for place, width in zip(places, widths, strict=True):
        found[place] = x + width / 2
        x += width
    return found


def picture() -> str:
    graph = imports_between_rooms()
    floor = floors(graph)
    arrows = chains(direct(graph), floor)
    x = positions(arrows)
    top = max(floor.values())
    height = (top + 1) * FLOOR + 24

    def y(place: Place) -> float:
        return 20 + (top - place.floor) * FLOOR

    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
        '<title id="title">The rooms of the code, and what each imports</title>',
        f'<style>{STYLE}</style><rect class="page" width="{WIDTH}" height="{height}"/>',
        *(_arrow([(x[place], y(place)) for place in arrow]) for arrow in arrows),
        *(_box(place.room, x[place], y(place)) for place in sorted(x) if not place.towards),
        "</svg>",
    ]
    return "\n".join(drawn) + "\n"


def _arrow(points: list[tuple[float, float]]) -> str:
    (x, y), *passed, (end, bottom) = points
    line = f"M{x:.0f} {y + HEIGHT:.0f}"
    y += HEIGHT
    for px, py in passed:
        line += f" C{x:.0f} {(y + py) / 2:.0f} {px:.0f} {(y + py) / 2:.0f} {px:.0f} {py:.0f} V{py + HEIGHT:.0f}"
        x, y = px, py + HEIGHT
    middle = (y + bottom - 7) / 2
    line += f" C{x:.0f} {middle:.0f} {end:.0f} {middle:.0f} {end:.0f} {bottom - 7:.0f}"
    head = f"M{end - 4.5:.1f} {bottom - 8:.0f} h9 l-4.5 8 z"
    return f'<path d="{line}"/><path class="head" d="{head}"/>'


def _box(room: str, x: float, y: float) -> str:
    lines = wrap(PURPOSE[room].replace("->", "→"), 34)
    first = y + (22 if len(lines) == 1 else 19)
    return "".join(
        (
            f'<rect x="{x - BOX / 2:.0f}" y="{y:.0f}" width="{BOX}" height="{HEIGHT}" rx="6"/>',
            _text(room.removeprefix("engine/"), x, first, 'class="name" '),
            *(_text(line, x, first + 20 + 14 * number) for number, line in enumerate(lines)),
        )
    )


def _text(text: str, x: float, y: float, attributes: str = "") -> str:
    return f'<text {attributes}x="{x:.0f}" y="{y:.0f}" text-anchor="middle">{escape(text)}</text>'


if __name__ == "__main__":
    TARGET.write_text(picture(), "utf-8")
