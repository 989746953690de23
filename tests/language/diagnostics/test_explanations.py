"""`leadoff rule`: every code has its text, and every example is what it says it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blocks.registry import REGISTRY
from engine.language.check import ProjectFiles, check
from engine.language.diagnostics.explanations import Explanation, explanations
from engine.language.diagnostics.findings import Finding
from tests.problems.test_samples import HERE, NOW, codes_in_the_source, image

ROOT = Path(__file__).parents[3]
DEFAULTS = {"flow": "sample", "language": "1", "trigger": "manual", "steps": "[{exit: done}]"}
SHOWN = [each for each in explanations().values() if each.bad]


def findings(example: str) -> tuple[Finding, ...]:
    """An example is keys of a flow, or of leadoff.yaml where its first line says so; the others are as in the samples."""
    project = (HERE / "base/leadoff.yaml").read_text("utf-8")
    flow = 'steps:\n  - {id: hero, sms: "Acme: Hello. Reply STOP to opt out"}\n'
    if example.startswith("# leadoff.yaml\n"):
        for key in re.findall(r"^(\w+):", example, re.MULTILINE):
            project = re.sub(rf"^{key}:.*\n(?:  .*\n)*", "", project, flags=re.MULTILINE)
        project += example
    else:
        flow = example
    keys = re.findall(r"^(\w+):", flow, re.MULTILINE)
    flow = "".join(f"{key}: {value}\n" for key, value in DEFAULTS.items() if key not in keys) + flow
    files = {"leadoff.yaml": project.encode(), "flows/sample.yaml": flow.encode()}
    return check(ProjectFiles(files, image, now=NOW), REGISTRY).findings


@pytest.mark.parametrize("told", SHOWN, ids=lambda told: told.code)
def test_the_bad_example_has_the_finding(told: Explanation) -> None:
    assert told.code in {found.code for found in findings(told.bad)}


@pytest.mark.parametrize("told", SHOWN, ids=lambda told: told.code)
def test_the_good_example_has_nothing_but_notes_of_others(told: Explanation) -> None:
    assert [found for found in findings(told.good) if found.severity != "note" or found.code == told.code] == []


def test_every_code_is_explained_and_no_other() -> None:
    in_intake = re.findall(r'"(LO\d{3})"', (ROOT / "engine/contacts/csv_check.py").read_text("utf-8"))
    assert set(explanations()) == set(codes_in_the_source()) | set(in_intake)


def test_an_explanation_has_a_title_a_reason_and_examples_that_can_be_read() -> None:
    for told in explanations().values():
        assert told.title and told.why, told.code
        assert "```" not in told.text, told.code
        assert bool(told.bad) == bool(told.good), told.code
    assert len(SHOWN) > 50
