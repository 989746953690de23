"""Marks as shapes: they lie over a drawing, and need no space of its own."""

from __future__ import annotations

from engine.preview.graph.chart import Run
from engine.preview.graph.marks import Marks, words_at
from engine.preview.graph.shapes import Box, Drawing, Label, Rect, Shape, Words
from engine.preview.graph.wrapping import one_line, width

SMALL, BADGE = 11.0, 20.0  # of the words; the height of what is around them
TINY, PILL = 10.0, 11.0


def badge(box: Box, marks: Marks) -> tuple[Shape, ...]:
    """What is said at it, on the upper right corner."""
    found, text = marks.waiting.get(box.card.place), words_at(marks, box.card.place)
    if not text:
        return ()
    role = "soft" if found is None else "alarm" if found.parked else "count"
    wide = width(text, SMALL, True) + 18
    x, y = box.x + box.wide + 12 - wide, box.y - BADGE * 0.7
    words = Words(x + wide / 2, y + 14, (Run(text, "inverse"),), SMALL, wide - 18, True, "middle")
    return (Rect(x, y, wide, BADGE, BADGE / 2, role), words)


def pill(label: Label, marks: Marks) -> tuple[Shape, ...]:
    """How many took a way, right above what it is called: badges of cards do not come there."""
    text, box = marks.ways.get((label.place, label.branch)), label.shapes[0]
    if not text or not isinstance(box, Rect):
        return ()
    wide = width(text, TINY, True) + 8
    x, y = box.x + box.wide / 2, box.y - PILL
    words = Words(x, y + 9, (Run(text, "message"),), TINY, wide - 8, True, "middle")
    return (Rect(x - wide / 2, y, wide, PILL, 4, "ground"), words)


def caption(drawing: Drawing, marks: Marks) -> tuple[Shape, ...]:
    """A line below everything, where there is one."""
    x, y = drawing.caption
    text = one_line(marks.caption, SMALL, drawing.wide - 2 * x)
    return (Words(x, y, (Run(text, "soft"),), SMALL, width(text, SMALL)),) if marks.caption else ()
