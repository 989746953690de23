"""A project whose tests use every key of a flow test at least once: all pass, also harder, and reach all that its flows can do."""

from __future__ import annotations

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from engine.deploy.project_files import open_regular
from engine.deploy.read_project import read_and_check
from engine.language.model.flow_test import Bounds, Expectation, FlowTest, FlowTests, Happening, Row
from engine.language.model.flow_test_cases import Placed, expectations, happenings, levels
from engine.language.values.strict import Strict, written_names
from engine.preview.flow_tests.runner import Result, Runner, reached
from engine.preview.worlds.stage import Stage
from engine.registry import registry

HERE = Path(__file__).parent / "every_key"


@pytest.fixture(scope="module")
def stage() -> Stage:
    checked = read_and_check(HERE, registry())
    assert checked.findings == ()
    return Stage(checked)


def failures(results: list[Result]) -> list[tuple[str, list[str]]]:
    return [(each.title, [found.message for found in each.differences]) for each in results if not each.passed]


def test_every_test_passes_and_holds_also_harder(stage: Stage) -> None:
    runner = Runner(stage, partial(open_regular, HERE), harder=True)
    results = [result for draft in stage.checked.tests for result in runner.run(draft)]
    assert failures(results) == []
    assert len(results) == 28
    assert runner.played_harder > 250


def test_they_reach_all(stage: Stage) -> None:
    found = reached(stage, partial(open_regular, HERE), ["talk", "points"])
    assert [(each.flow, [target.words for target in each.missing]) for each in found] == [("talk", []), ("points", [])]


def test_the_same_tests_come_to_the_same(stage: Stage) -> None:
    def told() -> list[str]:
        runner = Runner(stage, partial(open_regular, HERE))
        return [f"{each.title} {each.passed}" for draft in stage.checked.tests for each in runner.run(draft)]

    assert told() == told()


def test_no_key_is_left_out(stage: Stage) -> None:
    """So a new key of the model needs its line in that project."""
    used: dict[type[Strict], set[str]] = {Happening: set(), Expectation: set(), FlowTest: set(), Bounds: set()}
    for draft in stage.checked.tests:
        places = chain[Placed[Any]](happenings(draft.tests), expectations(draft.tests), levels(draft.tests))
        for value, _ in places:
            kind = FlowTest if isinstance(value, FlowTest | FlowTests | Row) else type(value)
            used[kind] |= value.model_fields_set
            if isinstance(value, FlowTest) and value.holds is not None:
                used[Bounds] |= value.holds.model_fields_set
    for model, names in used.items():
        assert set(written_names(model).values()) - names == NOT_USED.get(model, set()), model.__name__


NOT_USED: dict[type[Strict], set[str]] = {Expectation: {"mms", "picture", "zone"}}
"""What the tests of the example shop use."""
