"""A drawing as SVG: one file without script, for browsers, pages and printers.

Invariants: every text is escaped, and pictures are inside the file. Each card is a group with `data-step` and `data-place`, each branch a
path with `data-step` and `data-branch`: counts and coverage are classes and badges on them. The whole is one image with a title and a
description in words; each card has a title of its own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from engine.language.diagnostics.findings import Loc, dotted
from engine.preview.graph.curves import corners, tip
from engine.preview.graph.marks import UNMARKED, Marks, is_untested
from engine.preview.graph.overlay import badge, caption, pill
from engine.preview.graph.shapes import (
    ICONS,
    PALETTE,
    Box,
    Drawing,
    Icon,
    Label,
    Line,
    Picture,
    Point,
    Rect,
    Shape,
    Words,
)
from engine.preview.graph.thumbnails import Thumbnail

Theme = Literal["auto", "light", "dark"]
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

ONE_PAGE = 1_800  # points: a drawing up to here is printed on one page, a longer one on several


class _Page(NamedTuple):
    """What the parts of one file share."""

    key: str  # before every id
    pictures: Mapping[str, str]  # name -> id
    marks: Marks
    steps: Mapping[Loc, str]  # place -> step id


def svg(
    drawing: Drawing,
    name: str,
    told: str,
    pictures: Mapping[str, Thumbnail],
    marks: Marks = UNMARKED,
    theme: Theme = "auto",
) -> str:
    """`told`: the flow in words. A frame stands for a picture that is not among `pictures`."""
    key = "".join(letter if letter.isalnum() else "-" for letter in name)
    steps = {box.card.place: box.card.step for box in drawing.boxes if box.card.step is not None}
    page = _Page(key, {each: f"{key}-p{at}" for at, each in enumerate(pictures)}, marks, steps)
    wide, high = number(drawing.wide), number(drawing.high)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="leadoff-graph" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"'
        f' role="img" aria-labelledby="{key}-title {key}-told" font-family="{FONT}">',
        f'<title id="{key}-title">{escaped(f"The flow {name}")}</title>',
        f'<desc id="{key}-told">{escaped(told)}</desc>',
        f"<style>{style(theme, drawing.high)}</style>",
        _symbols(page, pictures),
        f'<rect class="f-ground" width="{wide}" height="{high}"/>',
        f'<g class="head">{_shapes(drawing.head, page)}</g>',
        f'<g class="ways">{_ways(drawing.lines, page)}</g>',
        f'<g class="labels">{"".join(_label(label, page) for label in drawing.labels)}</g>',
        f'<g class="cards">{"".join(_box(box, page) for box in drawing.boxes)}</g>',
        _caption(drawing, page),
        "</svg>\n",
    ]
    return "\n".join(part for part in parts if part)


def escaped(text: str) -> str:
    """For text and attributes; without what XML cannot hold."""
    kept = "".join(c for c in text if c in "\n\t" or " " <= c < "\ud800" or "\ue000" <= c < "\ufffe" or c > "\uffff")
    return kept.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def style(theme: Theme, high: float) -> str:
    """The rules of one palette, or of both where the reader's machine chooses. `high`: of the drawing."""
    print = f"@media print{{.leadoff-graph:root{{width:100%;height:auto{';max-height:100vh' if high <= ONE_PAGE else ''}}}}}"
    light, dark = _colours(PALETTE.light), _colours(PALETTE.dark)
    if theme != "auto":
        return _FIXED + (dark if theme == "dark" else light) + print
    return f"{_FIXED}{light}@media screen and (prefers-color-scheme:dark){{{dark}}}{print}"


_FIXED = (
    "text{white-space:pre}.branch,.icon{fill:none;stroke-linejoin:round;stroke-linecap:round}.branch{stroke-width:1.6}.icon{stroke-width:1.5}"
    ".untested.branch,.untested>.outline{stroke-dasharray:6 5}.untested>.outline{stroke-width:1.6}"
)


def _colours(palette: Mapping[str, str]) -> str:
    return "".join(f".f-{role}{{fill:{colour}}}.s-{role}{{stroke:{colour}}}" for role, colour in palette.items())


def _symbols(page: _Page, pictures: Mapping[str, Thumbnail]) -> str:
    """Each picture once."""
    made = [
        f'<symbol id="{page.pictures[name]}" viewBox="0 0 {each.wide} {each.high}" preserveAspectRatio="xMidYMid slice">'
        f'<image width="{each.wide}" height="{each.high}" href="data:image/jpeg;base64,{b64encode(each.data).decode()}"/></symbol>'
        for name, each in pictures.items()
    ]
    return f"<defs>{''.join(made)}</defs>" if made else ""


def _ways(lines: Sequence[Line], page: _Page) -> str:
    return "".join(_line(line, page) for line in lines)


def _named(place: Loc, page: _Page, way: str | None = None) -> str:
    """The attributes by which a card or a way is found."""
    step = page.steps.get(place)
    named = f' data-step="{escaped(step)}"' if step is not None else ""
    named += f' data-place="{escaped(dotted(place))}"'
    return named + (f' data-branch="{escaped(way)}"' if way else "")


def _untested(place: Loc, way: str | None, page: _Page) -> str:
    return " untested" if is_untested(page.marks, place, way) else ""


def _line(line: Line, page: _Page) -> str:
    named = _named(line.place, page, line.branch)
    drawn = f'<path class="branch s-line{_untested(line.place, line.branch, page)}"{named} d="{_path(line.points)}"/>'
    if not line.arrow:
        return drawn
    return f'{drawn}<path class="f-line" d="{_polyline(tip(line.points[-1]), 0, 0)}z"/>'


def _path(points: Sequence[Point]) -> str:
    said = [f"M{_pair(points[0])}"]
    said += (f"L{_pair(start)}Q{_pair(at)} {_pair(end)}" for start, at, end in corners(points))
    return "".join([*said, f"L{_pair(points[-1])}"])


def _pair(point: Point) -> str:
    return f"{number(point[0])} {number(point[1])}"


def _label(label: Label, page: _Page) -> str:
    count = _group("passed", pill(label, page.marks), page)
    return f'<g class="label"{_named(label.place, page, label.branch)}>{_shapes(label.shapes, page)}{count}</g>'


def _box(box: Box, page: _Page) -> str:
    outline, *inside = box.shapes
    card = box.card
    counts = badge(box, page.marks)
    state = " waiting" if counts else ""
    return (
        f'<g class="card {card.kind}{_untested(card.place, None, page)}{state}"{_named(card.place, page)}>'
        f"<title>{escaped(card.told)}</title>{_shape(outline, page, 'outline ')}{_shapes(inside, page)}"
        f"{_group('badge', counts, page)}</g>"
    )


def _caption(drawing: Drawing, page: _Page) -> str:
    return _group("caption", caption(drawing, page.marks), page)


def _group(name: str, shapes: Sequence[Shape], page: _Page) -> str:
    """Nothing where there are no shapes."""
    return f'<g class="{name}">{_shapes(shapes, page)}</g>' if shapes else ""


def _shapes(shapes: Iterable[Shape], page: _Page) -> str:
    return "".join(_shape(shape, page) for shape in shapes)


def _shape(shape: Shape, page: _Page, extra: str = "") -> str:
    if isinstance(shape, Rect):
        return _rect(shape, extra)
    if isinstance(shape, Words):
        return _words(shape)
    return _icon(shape) if isinstance(shape, Icon) else _picture(shape, page)


def _rect(shape: Rect, extra: str = "") -> str:
    painted = f"{extra}f-{shape.fill}" + (f" s-{shape.edge}" if shape.edge else "")
    x, y, wide, high, radius = map(number, shape[:5])
    return f'<rect class="{painted}" x="{x}" y="{y}" width="{wide}" height="{high}" rx="{radius}"/>'


def _words(shape: Words) -> str:
    weight = ' font-weight="600"' if shape.bold else ""
    anchor = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
    # Another font than the one that was measured is wider or narrower: its letters are fitted.
    fitted = f' textLength="{number(shape.wide)}" lengthAdjust="spacingAndGlyphs"' if shape.wide else ""
    first, *more = shape.runs
    inside = (
        escaped(first.text)
        if not more
        else "".join(f'<tspan class="f-{run.role}">{escaped(run.text)}</tspan>' for run in shape.runs)
    )
    return (
        f'<text class="f-{first.role}" x="{number(shape.x)}" y="{number(shape.y)}" font-size="{shape.size:g}"{weight}{anchor}{fitted}>'
        f"{inside}</text>"
    )


def _icon(shape: Icon) -> str:
    sketch, x, y = ICONS[shape.name], shape.x - 8, shape.y - 8
    lines = [f'<path class="icon s-{shape.colour}" d="{_polyline(points, x, y)}"/>' for points in sketch.lines]
    areas = [f'<path class="f-{shape.colour}" d="{_polyline(points, x, y)}z"/>' for points in sketch.areas]
    circles = [
        f'<circle class="icon s-{shape.colour}" cx="{number(x + cx)}" cy="{number(y + cy)}" r="{number(r)}"/>'
        for cx, cy, r in sketch.circles
    ]
    return "".join([*lines, *areas, *circles])


def _polyline(points: Sequence[Point], x: float, y: float) -> str:
    return "M" + "L".join(_pair((x + px, y + py)) for px, py in points)


def _picture(shape: Picture, page: _Page) -> str:
    x, y, wide, high = map(number, shape[:4])
    frame = f'<rect class="f-bubble" x="{x}" y="{y}" width="{wide}" height="{high}" rx="9"/>'
    if shape.name not in page.pictures:
        return frame
    clip = f"{page.key}-c{x}-{y}".replace(".", "_")
    return (
        f'<clipPath id="{clip}"><rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="9"/></clipPath>'
        f'<g clip-path="url(#{clip})"><use href="#{page.pictures[shape.name]}" x="{x}" y="{y}" width="{wide}" height="{high}"/></g>'
    )
