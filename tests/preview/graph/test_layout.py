"""Where things are: whatever the flow, nothing lies on anything else."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from engine.preview.graph.layout import drawing_of
from engine.preview.graph.shapes import Box, Drawing, Line, Picture, Rect, Words
from tests.preview.graph.drawn import TEMPLATES, made_up, sample, template


def overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.wide
        and other.x < one.x + one.wide
        and one.y < other.y + other.high
        and other.y < one.y + one.high
    )


def crosses(line: Line, box: Box) -> bool:
    """Whether the line goes through the inside of the box."""
    return any(
        max(min(ax, bx), box.x + 1) < min(max(ax, bx), box.x + box.wide - 1) + 0.01
        and max(min(ay, by), box.y + 1) < min(max(ay, by), box.y + box.high - 1) + 0.01
        for (ax, ay), (bx, by) in pairwise(line.points)
    )


def hold_apart(drawing: Drawing) -> None:
    assert [(a.card, b.card) for a, b in combinations(drawing.boxes, 2) if overlap(a, b)] == []
    assert [(line, box.card) for line in drawing.lines for box in drawing.boxes if crosses(line, box)] == []
    for box in drawing.boxes:
        assert box.x >= 0 and box.x + box.wide <= drawing.wide + 0.1
        assert box.y >= 0 and box.y + box.high <= drawing.high


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_card_of_a_template_lies_on_another_or_on_a_line(name: str) -> None:
    hold_apart(drawing_of(template(name)))


@pytest.mark.parametrize("seed", range(60))
def test_nor_of_any_flow(seed: int) -> None:
    hold_apart(drawing_of(made_up(seed)))


@pytest.mark.parametrize("seed", range(8))
def test_every_card_is_there_once_and_the_same_flow_is_drawn_the_same(seed: int) -> None:
    chart = made_up(seed)
    drawing = drawing_of(chart)
    assert sorted(str(box.card.place) for box in drawing.boxes) == sorted(str(card.place) for card in chart.cards())
    assert drawing == drawing_of(chart)


def test_words_and_pictures_stay_inside_of_their_card() -> None:
    for box in drawing_of(sample()).boxes:
        for shape in box.shapes:
            if isinstance(shape, Words) and shape.anchor == "start":
                assert box.x <= shape.x and shape.x + shape.wide <= box.x + box.wide + 0.1, shape
            if isinstance(shape, Picture | Rect):
                assert box.y <= shape.y and shape.y + shape.high <= box.y + box.high + 0.1, shape


def test_the_way_that_goes_on_is_straight_below_and_the_others_stand_beside_it() -> None:
    drawing = drawing_of(sample())
    middle = {str(box.card.place): box.x + box.wide / 2 for box in drawing.boxes}
    straight = ["('steps', 0)", "('steps', 1)", "('steps', 2)", "('steps', 3)", "('steps', 4)"]
    assert len({round(middle[place], 3) for place in straight}) == 1
    assert middle["('steps', 2, 'then', 0)"] < middle["('steps', 2)"]


def test_ways_stand_side_by_side_and_come_together_below() -> None:
    drawing = drawing_of(sample())
    boxes = {box.card.step: box for box in drawing.boxes if box.card.step}
    assert boxes["canada"].y == boxes["others"].y
    assert boxes["canada"].x + boxes["canada"].wide < boxes["others"].x
    ends = [line.points[-1] for line in drawing.lines if line.place[:2] == ("steps", 3) and len(line.place) > 2]
    assert len(set(ends)) == 1 and ends[0][1] < boxes["last"].y


def test_triggers_are_above_everything_and_the_steps_in_reading_order() -> None:
    drawing = drawing_of(sample())
    tops = [box.y for box in drawing.boxes if box.card.kind == "trigger"]
    assert len(tops) == 2 and max(tops) < min(
        box.y for box in drawing.boxes if box.card.kind not in ("trigger", "rule")
    )


def test_a_way_is_named_by_the_card_that_it_leaves_and_its_branch() -> None:
    drawing = drawing_of(sample())
    ways = {(line.place, line.branch) for line in drawing.lines}
    assert {
        (("steps", 2), "then"),
        (("steps", 2), "else"),
        (("steps", 4), "then"),
        (("steps", 4), "on_timeout"),
    } <= ways
    assert {label.branch for label in drawing.labels if label.place == ("steps", 3)} == {"1", "else"}


def test_two_hundred_steps_are_drawn() -> None:
    steps = "".join(f"  - id: s{at}\n    delay: 1h\n" for at in range(200))
    flow = f"flow: sample\nlanguage: 1\ntrigger: manual\nsteps:\n{steps}"
    assert len(drawing_of(sample(flow)).boxes) == 202  # with the trigger and the end
