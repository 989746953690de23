"""Which outcome an expectation is about: both lists are in order, and each is paired with at most one of the other.

Invariants: of all ways to pair them the one with the fewest differences counts; equal ones as far to the front as possible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from engine.language.model.flow_test import Expectation
from engine.preview.flow_tests.outcomes import (
    CANCELLED,
    EXIT,
    MMS,
    NOT_ENTERED,
    PARKED,
    SKIPPED,
    SMS,
    UNSENT,
    WAITS,
    Outcome,
)

OF_A_MESSAGE = (SMS, MMS, SKIPPED, CANCELLED, UNSENT)
OF_AN_END = (EXIT, WAITS, PARKED)
ALONE, APART = 2, 3  # what a pair costs of which one is missing; what nearly fits costs less than two of these


def kind_and_subject(expected: Expectation) -> tuple[str, str]:
    """`("sms", "hero")`"""
    return next((verb, str(value)) for verb in expected.verbs if (value := getattr(expected, verb)) is not None)


def fits(expected: Expectation, outcome: Outcome) -> bool:
    """Whether it is what was expected, but for its details."""
    kind, subject = kind_and_subject(expected)
    if kind == NOT_ENTERED:
        return outcome.kind == kind and subject in (outcome.reason or "")
    if kind == EXIT:
        return outcome.kind == kind and subject == outcome.reason
    return outcome.kind == kind and subject == outcome.step


def _distance(expected: Expectation, outcome: Outcome) -> int | None:
    """0 where it fits; None where it is about something else."""
    if fits(expected, outcome):
        return 0
    kind, subject = kind_and_subject(expected)
    if kind in OF_A_MESSAGE and outcome.kind in OF_A_MESSAGE and subject == outcome.step:
        return 1
    if kind in OF_AN_END and outcome.kind in OF_AN_END:
        return 1 if kind == outcome.kind else APART
    return 1 if kind == outcome.kind == NOT_ENTERED else None


def in_expected_order(expected: Sequence[Expectation], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Of one instant the order means nothing: as the test has it."""
    wanted: dict[int, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        wanted[outcome.at].append(outcome)

    def rank(outcome: Outcome) -> int:
        near = [
            (distance, row) for row, each in enumerate(expected) if (distance := _distance(each, outcome)) is not None
        ]
        return min(near, default=(0, len(expected)))[1]

    return [each for some in wanted.values() for each in (sorted(some, key=rank) if len(some) > 1 else some)]


def paired(expected: Sequence[Expectation], outcomes: Sequence[Outcome]) -> list[tuple[int | None, int | None]]:
    """Indexes of both, in order; None where the other side has nothing."""
    costs: list[list[tuple[int, int, int]]] = [[(0, 0, 0)] * (len(outcomes) + 1) for _ in range(len(expected) + 1)]
    for row in range(len(expected), -1, -1):
        for column in range(len(outcomes), -1, -1):
            ways = []
            if row < len(expected) and column < len(outcomes):
                distance = _distance(expected[row], outcomes[column])
                if distance is not None:
                    ways.append((distance + costs[row + 1][column + 1][0], 1, 1))
            if column < len(outcomes):
                alone = 0 if outcomes[column].goes_without_saying else ALONE
                ways.append((alone + costs[row][column + 1][0], 0, 1))
            if row < len(expected):
                ways.append((ALONE + costs[row + 1][column][0], 1, 0))
            if ways:
                costs[row][column] = min(ways, key=lambda way: way[0])
    found: list[tuple[int | None, int | None]] = []
    row = column = 0
    while (row, column) != (len(expected), len(outcomes)):
        _, down, right = costs[row][column]
        found.append((row if down else None, column if right else None))
        row, column = row + down, column + right
    return found
