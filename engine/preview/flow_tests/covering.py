"""How many tests reach a message: what stands beside it in a story."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.preview.flow_tests.coverage import Point
from engine.preview.flow_tests.people import OpenFile, UnreadableTest
from engine.preview.flow_tests.runner import reached
from engine.preview.worlds.stage import Stage

Covering = Mapping[tuple[str, str], int]
"""(flow, step) -> the number of tests in which a run passes that step."""


def tests_of_messages(stage: Stage, open_file: OpenFile, flows: Collection[str]) -> Covering | None:
    """Of the steps of these flows that send; None where a test cannot be read."""
    try:
        found = reached(stage, open_file, [flow for flow in flows if flow in stage.programs])
    except UnreadableTest:
        return None
    return {
        (each.flow, step): each.reached.get(Point("step", place, "next"), 0)
        for each in found
        for step, place in stage.programs[each.flow].places.items()
        if stage.programs[each.flow].nodes[place].block.sends
    }
