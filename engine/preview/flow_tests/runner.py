"""Runs files of flow tests: each test in a world of its own, and a result for each test, row and contact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.language.lint.context import FlowTestDraft
from engine.language.model.flow_test_cases import FlowTestCase, cases_of
from engine.language.values.fields import BadValue
from engine.preview.flow_tests.judge import Difference, Facts, differences
from engine.preview.flow_tests.people import OpenFile, UnreadableTest, people_of
from engine.preview.flow_tests.play import Ending, Play, play
from engine.preview.stage import Stage
from engine.runtime.trace import Trace


class Result(NamedTuple):
    """One test of one contact. `ending` is kept of those that failed."""

    draft: FlowTestDraft
    case: FlowTestCase
    name: str  # with its row
    differences: tuple[Difference, ...]
    ending: Ending | None

    @property
    def passed(self) -> bool:
        return not self.differences


Wanted = Callable[[str], bool]
"""Whether a test of that name is to run."""


class Runner:
    """Runs tests on one stage. `open_file` opens files of the project."""

    def __init__(self, stage: Stage, open_file: OpenFile, trace: Trace | None = None) -> None:
        self.stage = stage
        self._open, self._trace = open_file, trace
        self.facts = Facts(stage.project.currency, _media(stage))

    def run(self, draft: FlowTestDraft, wanted: Wanted = lambda name: True) -> Iterator[Result]:
        """The wanted tests of a file, in its order. Raises UnreadableTest."""
        for case in cases_of(draft.tests):
            if wanted(case.name) or case.contacts is not None:
                yield from (result for result in self.run_case(draft, case) if wanted(result.name))

    def run_case(self, draft: FlowTestDraft, case: FlowTestCase) -> Iterator[Result]:
        people = people_of(case, self.stage.project, self._open)
        try:
            for ending in play(self.stage, play_of(draft, case), people, self._trace):
                found = tuple(differences(case, ending, self.facts))
                row = ending.person.row
                name = f"{case.name} [{row}]" if row else case.name
                yield Result(draft, case, name, found, ending if found else None)
        except BadValue as error:
            raise UnreadableTest(case.loc, f"the contact cannot be used: {error}", "correct its fields") from None


def play_of(draft: FlowTestDraft, case: FlowTestCase) -> Play:
    """What is played of a test without mistakes."""
    assert case.start is not None
    happens = case.happens.value if case.happens is not None else ()
    draws = case.draws.value if case.draws is not None else {}
    beside = case.beside.value if case.beside is not None else ()
    return Play(draft.tests.flow, case.start.value, happens, case.lasts, draws, beside)


def _media(stage: Stage) -> dict[str, str]:
    return {name: info.ref for name, info in stage.checked.media.items()}
