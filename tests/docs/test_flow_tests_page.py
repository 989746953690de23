"""The page about tests of flows: its tests pass, its failure is a real one, and it names every key."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import pytest

from engine.deploy.project_files import open_regular
from engine.language.check import check
from engine.language.model.flow_test import Bounds, Expectation, FlowTest, FlowTests, Happening, Row
from engine.language.values.strict import written_names
from engine.preview.flow_tests.runner import Runner
from engine.preview.worlds.stage import Stage
from engine.registry import registry
from tests.docs.pages import PAGES, ROOT, SHOP_FOLDER, Fenced, all_fenced, files_of, project_of

PAGE = ROOT / "docs/flow-tests.md"
FAILURES = ROOT / "tests/preview/flow_tests/failures"
TESTS = [block for block in all_fenced("yaml") if "tests of" in block.marks]
FAILED = [block for block in all_fenced("text") if "failure" in block.marks]


@pytest.mark.parametrize("block", TESTS, ids=lambda block: block.place)
def test_every_test_of_a_flow_passes(block: Fenced) -> None:
    checked = check(project_of(files_of(block)), registry())
    runner = Runner(Stage(checked), partial(open_regular, Path(SHOP_FOLDER)))
    results = [result for draft in checked.tests for result in runner.run(draft)]
    assert results and [(each.name, [found.message for found in each.differences]) for each in results] == [
        (each.name, []) for each in results
    ]


@pytest.mark.parametrize("block", FAILED, ids=lambda block: block.place)
def test_a_failure_is_shown_as_it_is(block: Fenced) -> None:
    assert block.text == (FAILURES / f"{block.marks['failure']}.txt").read_text("utf-8")


def test_the_page_names_every_key() -> None:
    assert PAGE in PAGES
    named = set(re.findall(r"`([a-z_]+)`", PAGE.read_text("utf-8")))
    models = (FlowTests, FlowTest, Row, Happening, Expectation, Bounds)
    assert {key for model in models for key in written_names(model)} - named == set()
