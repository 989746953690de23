"""The story of one contact in lines of 80 columns, with a mark at what is not as a test expects.

Invariants: a mark and its words say the same as a colour; what came from outside is printed visibly, and numbers are masked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.language.diagnostics.findings import visible
from engine.messaging.numbers import mask_numbers
from engine.preview.flow_tests.judge import Difference
from engine.preview.flow_tests.outcomes import Story
from engine.preview.flow_tests.texts import excerpts, with_visible_spaces
from engine.preview.stories.moment_words import mark, words
from engine.store.queries.timeline import TimelineEntry
from engine.views.moments import clock, day

WIDE, WIDEST = 80, 120  # of a text that is compared: its words stay together
LEFT = 26  # columns before the words: the sign, the day, the time and the mark
WRONG, MORE, RIGHT = "✗", "+", " "


class Line(NamedTuple):
    """`sign` is ✗ where something is another one than expected or is lacking, + where something is not expected at all."""

    sign: str
    text: str


def timeline(story: Story, differences: Sequence[Difference], currency: str) -> Iterator[Line]:
    """Everything that happened, on the contact's clock, and in its place what did not."""
    at: dict[int, list[Difference]] = defaultdict(list)
    for found in differences:
        if found.entry is not None:
            at[found.entry].append(found)
    lacking = sorted((each.lacking_at, each.lacking or "") for each in differences if each.lacking_at is not None)
    days = _Days(story.zone)
    for index, moment in enumerate(story.moments):
        late = moment.kind in ("waits", "queued")
        while lacking and (late or lacking[0][0] < moment.at):
            yield _lacking(*lacking.pop(0), days)
        if _is_told(moment) or index in at:
            yield from _moment(moment, at[index], days, currency)
    for each in lacking:
        yield _lacking(*each, days)


class _Days:
    """Tells the day where it is another one than in the line before."""

    def __init__(self, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self._last = ""

    def start(self, at: int) -> str:
        date = day(at, self.zone)
        shown, self._last = "" if date == self._last else date, date
        return f"{shown:<11} {clock(at, self.zone):>8}  "


def _is_told(moment: TimelineEntry) -> bool:
    """The event before it says that the contact entered."""
    return moment.kind != "entered" or bool(moment.what.removeprefix("entered"))


def _lacking(at: int, what: str, days: _Days) -> Line:
    return Line(WRONG, f"{days.start(at)}– {visible(what)} did not come")


def _moment(moment: TimelineEntry, found: Sequence[Difference], days: _Days, currency: str) -> Iterator[Line]:
    sign = RIGHT if not found else MORE if all(each.surplus for each in found) else WRONG
    told = wrap(mask_numbers(words(moment, days.zone, currency)), WIDE - LEFT) or [""]
    yield Line(sign, f"{days.start(moment.at)}{mark(moment)[0]} {told[0]}")
    yield from (Line(RIGHT, " " * (LEFT - 3) + more) for more in told[1:])
    for each in found:
        yield from _texts(each)


def _texts(found: Difference) -> Iterator[Line]:
    expected, actual = found.expected, found.actual
    if expected is not None and actual is not None:
        expected, actual = excerpts(*with_visible_spaces(expected, actual))
    for name, text in (("expected", expected), ("actual", actual)):
        if text is not None:
            lines = [piece for line in text.splitlines() for piece in wrap(visible(line), WIDEST - LEFT - 10) or [""]]
            for number, line in enumerate(lines or [""]):
                yield Line(RIGHT, f"{' ' * (LEFT - 3)}{name if number == 0 else '':<8}  {line}")
