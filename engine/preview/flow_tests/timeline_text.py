"""The story of one contact in lines of 80 columns, with a mark at what is not as a test expects.

Invariants: a mark and its words say the same as a colour; what came from outside is printed visibly, and numbers are masked.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from textwrap import wrap
from typing import NamedTuple

from engine.language.diagnostics.findings import counted, visible
from engine.messaging.numbers import mask_numbers
from engine.preview.flow_tests.judge import Difference
from engine.preview.flow_tests.outcomes import Story
from engine.preview.flow_tests.texts import excerpts, with_visible_spaces
from engine.preview.flow_tests.words import clock, day, money
from engine.preview.stories import has_left, held_by
from engine.store.queries.listings import MILLION
from engine.store.queries.timeline import TimelineEntry
from engine.store.states import OURS

WIDE, WIDEST = 80, 120  # of a text that is compared: its words stay together
LEFT = 26  # columns before the words: the sign, the day, the time and the mark
WRONG, MORE, RIGHT = "✗", "+", " "
MARKS = {
    "consent": "◆", "event": "●", "click": "➜", "text": "✉", "refused": "✗", "missed": "✗", "entered": "▶", "message": "✓",
    "queued": "…", "status": "✓", "parked": "!", "retried": "↻", "noted": "·", "exited": "■", "waits": "⧗",
}  # fmt: skip
_HELD = re.compile(r"held until (\w+, \w+ \d+), (\d\d:\d\d): (.*)")


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
        self.zone = zone
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
    words = wrap(_words(moment, currency, days.zone), WIDE - LEFT) or [""]
    mark = "⧗" if held_by(moment) else _mark(moment)
    yield Line(sign, f"{days.start(moment.at)}{mark} {words[0]}")
    yield from (Line(RIGHT, " " * (LEFT - 3) + more) for more in words[1:])
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


def _mark(moment: TimelineEntry) -> str:
    status = moment.details.get("status")
    if status in ("failed", "undelivered", "unknown", "expired"):
        return "✗"
    return "–" if status in ("skipped", "cancelled") else MARKS[moment.kind]


def _words(moment: TimelineEntry, currency: str, zone: str) -> str:
    details: Mapping[str, object] = moment.details
    step = moment.step or ""
    if moment.kind == "message" and has_left(moment):
        said = visible(_sent(moment, step, currency))
    elif moment.kind in ("message", "queued"):
        said = f"{step} {details['status']}: {details['reason'] or 'not sent yet'}"
    elif moment.kind == "event" and details.get("data"):
        data: Mapping[str, object] = moment.details["data"]
        said = f"{moment.what}  {', '.join(f'{name}: {value}' for name, value in data.items())}"
    elif moment.kind == "exited":
        said = str(details["reason"])
    elif moment.kind == "waits":
        until = moment.details.get("until")
        said = f"still at {step}" + (f", until {day(until, zone)} {clock(until, zone)}" if until else "")
    elif moment.kind == "noted":
        said = _noted(step, moment, zone)
    else:
        said = moment.what
    return visible(mask_numbers(said))


def _sent(moment: TimelineEntry, step: str, currency: str) -> str:
    details = moment.details
    kind = "our answer:" if moment.flow in OURS else str(details["kind"]).upper()
    parts = [] if details["kind"] == "mms" else [counted(details["parts"], "part")]
    price = money(round(details["price"] * MILLION), currency)
    said = " · ".join([f"{kind} {step}", *parts, price])
    return said + (f" {details['status']}: {details['reason'] or 'no reason'}" if details["status"] == "failed" else "")


def _noted(step: str, moment: TimelineEntry, zone: str) -> str:
    found = _HELD.fullmatch(moment.what)
    if found is None:
        return f"{step}: {moment.what}" if step else moment.what
    date, time, why = found.groups()
    said = f"{datetime.strptime(time, '%H:%M'):%I:%M %p}".removeprefix("0")
    return f"{step} held until {'' if date == day(moment.at, zone) else date + ', '}{said}: {why}"
