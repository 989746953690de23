"""How many tests reach a step: what stands beside each message of a story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from engine.core.interpreter import Sprint
from engine.core.program import Program, Trigger
from engine.preview.flow_tests.people import OpenFile, UnreadableTest
from engine.preview.flow_tests.runner import Runner
from engine.preview.stage import Stage

Covering = Mapping[tuple[str, str], int]
"""(flow, step) -> the number of tests in which a run leaves that step."""


class _Left:
    """A trace that collects the steps that runs leave."""

    def __init__(self) -> None:
        self.steps: set[tuple[str, str]] = set()

    def sprint(self, program: Program, sprint: Sprint, now: int) -> None:
        nodes = (program.nodes[index] for index, branch in sprint.path if branch is not None)
        self.steps.update((program.flow, node.step) for node in nodes if node.step is not None)

    def entry(self, program: Program, contact: int, trigger: Trigger, refused: str | None, now: int) -> None:
        pass


def tests_of_steps(stage: Stage, open_file: OpenFile, flows: Collection[str]) -> Covering:
    """Of these flows. A file of contacts is one test. A test that cannot be read counts nothing."""
    found: Counter[tuple[str, str]] = Counter()
    for draft in stage.checked.tests:
        if not draft.whole or draft.tests.flow not in flows:
            continue
        left = _Left()
        try:
            for _ in Runner(stage, open_file, left).run(draft):
                found.update(left.steps)
                left.steps.clear()
        except UnreadableTest:
            continue
    return found
