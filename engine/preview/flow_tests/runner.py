"""Runs files of flow tests: each test in a world of its own, and a result for each test, row and contact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from engine.language.lint.context import FlowTestDraft
from engine.language.model.flow_test_cases import FlowTestCase, cases_of
from engine.language.values.fields import BadValue
from engine.preview.flow_tests import hard
from engine.preview.flow_tests.coverage import Coverage, Reached, Tally, coverage
from engine.preview.flow_tests.judge import Difference, Facts, differences
from engine.preview.flow_tests.people import OpenFile, UnreadableTest, people_of
from engine.preview.flow_tests.play import Ending, Play, play
from engine.preview.worlds.stage import Stage


class Result(NamedTuple):
    """One test of one contact. `ending` is kept of those that failed."""

    draft: FlowTestDraft
    case: FlowTestCase
    name: str  # with its row
    differences: tuple[Difference, ...]
    ending: Ending | None
    variant: str | None = None  # how it was played harder

    @property
    def title(self) -> str:
        return self.name if self.variant is None else f"{self.name} · {self.variant}"

    @property
    def passed(self) -> bool:
        return not self.differences


Wanted = Callable[[str], bool]
"""Whether a test of that name is to run."""


class Runner:
    """Runs tests on one stage. `open_file` opens files of the project; `tally` counts what tests reach.

    `harder`: what has passed is played again as hard.py says, and of that each failure is a result of its own.
    """

    def __init__(self, stage: Stage, open_file: OpenFile, tally: Tally | None = None, harder: bool = False) -> None:
        self.stage = stage
        self.played_harder = 0
        self._open, self._tally, self._harder = open_file, tally, harder
        self.facts = Facts(stage.project.currency, _media(stage))

    def run(self, draft: FlowTestDraft, wanted: Wanted = lambda name: True) -> Iterator[Result]:
        """The wanted tests of a file, in its order. Raises UnreadableTest, also where `check` finds an error in it."""
        if any(found.severity == "error" and found.file == draft.path for found in self.stage.checked.findings):
            raise UnreadableTest((), "this file of tests has errors", "`leadoff check` shows them")
        for case in cases_of(draft.tests):
            if wanted(case.name) or case.contacts is not None:
                yield from (result for result in self.run_case(draft, case) if wanted(result.name))

    def run_case(self, draft: FlowTestDraft, case: FlowTestCase) -> Iterator[Result]:
        people, asked = people_of(case, self.stage.project, self._open), play_of(draft, case)
        reached = Reached() if self._tally is not None else None
        kinds: dict[object, Ending] = {}
        try:
            for ending in play(self.stage, asked, people, reached):
                found = tuple(differences(case, ending, self.facts))
                yield Result(draft, case, _named(case, ending), found, ending if found else None)
                if self._harder and not found:
                    kinds.setdefault(hard.kind_of(ending), ending)
        except BadValue as error:
            raise UnreadableTest(case.loc, f"the contact cannot be used: {error}", "correct its fields") from None
        if self._tally is not None and reached is not None:
            self._tally.add(asked.flow, reached)
        for ending in kinds.values():
            yield from self._play_harder(draft, case, asked, ending)

    def _play_harder(self, draft: FlowTestDraft, case: FlowTestCase, asked: Play, ending: Ending) -> Iterator[Result]:
        for variant, harder, found in hard.play_harder(self.stage, case, asked, ending):
            self.played_harder += 1
            if found:
                yield Result(draft, case, _named(case, ending), tuple(found), harder, variant.name)


def reached(stage: Stage, open_file: OpenFile, flows: Collection[str]) -> list[Coverage]:
    """What the tests of these flows reach, in this order. Raises UnreadableTest."""
    tally = Tally()
    runner = Runner(stage, open_file, tally)
    for draft in stage.checked.tests:
        if draft.tests.flow in flows:
            for _ in runner.run(draft):
                pass
    return coverage(stage, tally, flows)


def _named(case: FlowTestCase, ending: Ending) -> str:
    row = ending.person.row
    return f"{case.name} [{row}]" if row else case.name


def play_of(draft: FlowTestDraft, case: FlowTestCase) -> Play:
    """What is played of a test without mistakes."""
    assert case.start is not None
    happens = case.happens.value if case.happens is not None else ()
    draws = case.draws.value if case.draws is not None else {}
    beside = case.beside.value if case.beside is not None else ()
    held_out = case.held_out is not None and case.held_out.value
    spread = case.spread.value.nominal if case.spread is not None else 0
    return Play(draft.tests.flow, case.start.value, happens, case.lasts, draws, beside, held_out, spread)


def _media(stage: Stage) -> dict[str, str]:
    return {name: info.ref for name, info in stage.checked.media.items()}
