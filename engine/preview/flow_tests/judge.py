"""Compares what came of a test with what was expected: each difference with its place in the file and in the story.

Invariants: expectations are complete and in order, so what is not among them must not happen. A run that waits at the end, and what could
not happen, are differences too: no test passes by half.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.core.calendar import MINUTE, resolve, wall_of
from engine.core.due_origins import after
from engine.language.diagnostics.findings import Loc, counted
from engine.language.model.flow_test import ZERO, Bounds, Expectation
from engine.language.model.flow_test_cases import FlowTestCase, Placed
from engine.preview.flow_tests.outcomes import (
    MMS,
    PARKED,
    SMS,
    TEXTED,
    UNSENT,
    WAITS,
    Outcome,
)
from engine.preview.flow_tests.pairing import fits, in_expected_order, kind_and_subject, paired
from engine.preview.flow_tests.play import Ending
from engine.preview.flow_tests.texts import as_expected, first_change
from engine.preview.flow_tests.wording import came_in_words, expected_in_words
from engine.preview.flow_tests.words import as_written, day_and_clock
from engine.store.queries.listings import MILLION
from engine.views.moments import money

DAY_MS = 86_400_000
A_SECOND = 1_000


class Difference(NamedTuple):
    """One thing that is not as expected. `loc`: in the file; `entry`: in the story; `lacking_at`: UTC ms of what is not in the story."""

    message: str
    loc: Loc
    entry: int | None = None
    key: bool = False  # the caret is at the key of `loc`, not at its value
    part: tuple[int, int] | None = None  # offset and length inside of the text at `loc`
    note: str | None = None  # behind the caret
    expected: str | None = None
    actual: str | None = None
    surplus: bool = False
    lacking_at: int | None = None
    lacking: str | None = None
    instead: Any = None  # the value that would be right


class Facts(NamedTuple):
    """What the judge knows beside the ending."""

    currency: str
    media: Mapping[str, str]  # name of a picture -> as it is stored


def differences(case: FlowTestCase, ending: Ending, facts: Facts) -> Iterator[Difference]:
    yield from _not_happened(case, ending)
    if case.expect is not None:
        yield from _Expectations(case.expect, ending, facts).differences()
    if case.holds is not None:
        yield from out_of_bounds(case.holds, ending, facts)
    limit = case.cost_at_most
    if limit is not None and ending.story.price > limit.value:
        yield _too_dear(limit.value, limit.loc, ending, facts)


def _not_happened(case: FlowTestCase, ending: Ending) -> Iterator[Difference]:
    """With a file of contacts not everything can happen to everybody."""
    if case.happens is None or case.contacts is not None:
        return
    for index, happened in enumerate(ending.happened):
        why = happened.why_not(ending.end)
        if why is not None:
            yield Difference(why, (*case.happens.loc, index), key=True)


class _Expectations:
    def __init__(self, expect: Placed[tuple[Expectation, ...]], ending: Ending, facts: Facts) -> None:
        self._expected, self._loc = expect
        self._ending, self._facts = ending, facts
        self._outcomes = in_expected_order(expect.value, ending.story.outcomes)
        self._zone = ending.story.zone

    def differences(self) -> Iterator[Difference]:
        last = self._ending.start
        for row, column in paired(self._expected, self._outcomes):
            outcome = None if column is None else self._outcomes[column]
            if row is None and outcome is not None:
                if not outcome.goes_without_saying:
                    yield self._surplus(outcome)
            elif row is not None and outcome is None:
                yield self._missing(row, last)
            elif row is not None and outcome is not None:
                same = fits(self._expected[row], outcome)
                yield from self._details(row, outcome) if same else [self._other(row, outcome)]
            last = last if outcome is None else outcome.at

    def _place(self, row: int, *key: str) -> Loc:
        return (*self._loc, row, *key)

    def _surplus(self, outcome: Outcome) -> Difference:
        said = came_in_words(outcome)
        help = {
            WAITS: f"the run still waits at {outcome.step} at the end: expect it, or run longer (`until`)",
            PARKED: f"the run is parked: {outcome.reason}",
            UNSENT: f"{outcome.step} had not left at the end: run longer (`until`)",
        }.get(outcome.kind, f"{said}, which is not expected")
        return Difference(help, self._loc, outcome.entry, key=True, surplus=True)

    def _missing(self, row: int, last: int) -> Difference:
        kind, subject = kind_and_subject(self._expected[row])
        at = self._due(row, self._ending.end)
        what = expected_in_words(kind, subject)
        return Difference(
            f"{what} did not come", self._place(row, kind), lacking_at=max(last, at or last), lacking=what, key=True
        )

    def _other(self, row: int, outcome: Outcome) -> Difference:
        kind, subject = kind_and_subject(self._expected[row])
        message = f"{expected_in_words(kind, subject)} was expected, but {came_in_words(outcome)}"
        instead = outcome.reason if kind == outcome.kind else None
        return Difference(message, self._place(row, kind), outcome.entry, key=instead is None, instead=instead)

    def _details(self, row: int, outcome: Outcome) -> Iterator[Difference]:
        expected = self._expected[row]
        yield from self._time(row, outcome)
        for key in ("parts", "price"):
            wanted, came = getattr(expected, key), getattr(outcome, key)
            if wanted is not None and wanted != came:
                yield self._number(row, key, wanted, came, outcome)
        yield from self._texts(row, outcome)
        for key, came in (("zone", self._zone), ("held", "; ".join(outcome.held)), ("reason", outcome.reason or "")):
            wanted = getattr(expected, key)
            if wanted is not None and (wanted not in came if key != "zone" else wanted != came):
                yield self._word(row, key, wanted, came, outcome)
        if expected.picture is not None and self._facts.media.get(expected.picture) != outcome.media:
            sent = next((name for name, ref in self._facts.media.items() if ref == outcome.media), None)
            said = f"{outcome.step} has another picture: {sent or 'none'}"
            yield Difference(said, self._place(row, "picture"), outcome.entry, note=sent, instead=sent)

    def _time(self, row: int, outcome: Outcome) -> Iterator[Difference]:
        expected = self._expected[row]
        due = self._due(row, outcome.at)
        if due is None:
            if expected.since is not None and expected.since not in self._ending.left:
                message = f"{expected.since} never left, so nothing counts from it"
                yield Difference(message, self._place(row, "since"), outcome.entry)
            return
        near = due // MINUTE == outcome.at // MINUTE if expected.at is not None else abs(due - outcome.at) < A_SECOND
        if not near:
            key = "at" if expected.at is not None else "after" if expected.after is not None else "since"
            came, wanted = day_and_clock(outcome.at, self._zone), day_and_clock(due, self._zone)
            message = f"{came_in_words(outcome)} at {came}, not at {wanted}"
            instead = as_written(outcome.at, self._zone) if key == "at" else None
            yield Difference(message, self._place(row, key), outcome.entry, note=came, instead=instead)

    def _due(self, row: int, came: int) -> int | None:
        """When what came at `came` is expected; None where nothing is said, or where `since` was never left.

        A step that several runs have left counts from the last time before `came`.
        """
        expected, zone = self._expected[row], self._zone
        if expected.at is not None:
            return resolve(expected.at, zone)
        if expected.after is None and expected.since is None:
            return None
        begins = self._ending.start
        if expected.since is not None:
            left = self._ending.left.get(expected.since)
            if not left:
                return None
            begins = max((at for at in left if at <= came), default=left[0])
        return after(begins, expected.after or ZERO, zone).at

    def _number(self, row: int, key: str, wanted: int, came: int, outcome: Outcome) -> Difference:
        if key == "price":
            cost, said = (money(each, self._facts.currency) for each in (came, wanted))
            message = f"{outcome.subject} costs {cost}, not {said}"
            return Difference(message, self._place(row, key), outcome.entry, note=cost, instead=came / MILLION)
        message = f"{outcome.subject} has {counted(came, 'part')}, not {wanted}"
        return Difference(message, self._place(row, key), outcome.entry, note=str(came), instead=came)

    def _word(self, row: int, key: str, wanted: str, came: str, outcome: Outcome) -> Difference:
        message = {
            "zone": f"the contact's time zone is {came}",
            "held": f"{outcome.subject} was held for another reason" if came else f"{outcome.subject} was not held",
            "reason": f"{outcome.subject} has another reason",
        }[key]
        instead = None if key == "held" and not came else came
        return Difference(message, self._place(row, key), outcome.entry, note=came or None, instead=instead)

    def _texts(self, row: int, outcome: Outcome) -> Iterator[Difference]:
        expected = self._expected[row]
        if expected.text is not None and (wanted := as_expected(expected.text)) != outcome.text:
            change = first_change(wanted, outcome.text)
            yield Difference(
                f"the text of {outcome.subject} is another one", self._place(row, "text"), outcome.entry,
                part=(change.offset, change.length) if change else None, note=change.instead if change else None,
                expected=wanted, actual=outcome.text, instead=outcome.text,
            )  # fmt: skip
        if expected.text_has is not None and (part := as_expected(expected.text_has)) not in outcome.text:
            message = f"the text of {outcome.subject} does not have this"
            yield Difference(message, self._place(row, "text_has"), outcome.entry, expected=part, actual=outcome.text)
        if expected.text_lacks is not None and expected.text_lacks in outcome.text:
            message = f"the text of {outcome.subject} has this"
            yield Difference(message, self._place(row, "text_lacks"), outcome.entry, actual=outcome.text)


def out_of_bounds(holds: Placed[Bounds], ending: Ending, facts: Facts) -> Iterator[Difference]:
    """What does not hold, and a run that has failed."""
    bounds, loc = holds
    texted = [outcome for outcome in ending.story.outcomes if outcome.kind in (SMS, MMS)]
    for outcome in texted if bounds.none_between is not None else ():
        if within(wall_of(outcome.at, ending.story.zone) % DAY_MS, *(bounds.none_between or (0, 0))):
            message = f"{outcome.step} left at {day_and_clock(outcome.at, ending.story.zone)}"
            yield Difference(message, (*loc, "none_between"), outcome.entry, key=True)
    most = bounds.messages_at_most
    if most is not None and len(texted) > most:
        yield Difference(f"{len(texted)} messages left", (*loc, "messages_at_most"), texted[most].entry, surplus=True)
    limit = bounds.cost_at_most
    if limit is not None and ending.story.price > limit:
        yield _too_dear(limit, (*loc, "cost_at_most"), ending, facts)
    for outcome in ending.story.outcomes:
        if outcome.kind == PARKED:
            yield Difference(f"the run is parked: {outcome.reason}", loc, outcome.entry, key=True, surplus=True)


def within(time: int, begin: int, end: int) -> bool:
    """Whether a time of the day is in a window that may go over midnight; one without length is the whole day."""
    return begin <= time < end if begin < end else time >= begin or time < end


def _too_dear(limit: int, loc: Loc, ending: Ending, facts: Facts) -> Difference:
    cost = money(ending.story.price, facts.currency)
    last = [outcome.entry for outcome in ending.story.outcomes if outcome.kind in TEXTED][-1]
    return Difference(f"it costs {cost}", loc, last, note=cost, instead=ending.story.price / MILLION)
