"""Stories to be played of a flow: who, what starts it, what happens when; and the times at which something may still happen in one.

Invariants: a plot is as a flow test has it, so that it can be written down as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.core.calendar import HOUR, MINUTE, Duration
from engine.language.values.humanize import duration_words, value_words
from engine.messaging import numbers, zones
from engine.preview.every_branch.forcing import Deed, minutes
from engine.preview.flow_tests.people import Person
from engine.preview.flow_tests.play import Ending

STANDARD_DAYS = 14
EARLIER = HOUR
"""Before what starts the flow, where something has to precede it."""
EXAMPLES = {
    "GB": "+447700900123",
    "JM": "+18765550119",
    "PR": "+17875550119",
    "CA": "+14165550112",
    "US": "+12025550143",
}


class Plot(NamedTuple):
    """A story to play: a person, what starts the flow, what happens before and after that. Times are ms; `start` is a wall time."""

    fields: Mapping[str, Any]
    start: int
    opening: Deed | None
    before: tuple[Deed, ...] = ()
    acts: tuple[Deed, ...] = ()
    consent: str | None = "subscribed"
    draws: Mapping[str, str] = {}
    beside: tuple[str, ...] = ()
    days: int = STANDARD_DAYS
    said: tuple[str, ...] = ()  # what makes it another one, in words

    @property
    def happens(self) -> tuple[Deed, ...]:
        """As a flow test has them."""
        delay = {"after": duration_words(Duration(0, EARLIER))} if self.before else {}
        opening = () if self.opening is None else ({**delay, **self.opening},)
        return (*self.before, *opening, *self.acts)


class Played(NamedTuple):
    plot: Plot
    ending: Ending
    visits: tuple[tuple[int, str | None, int], ...]  # node, branch or how it was left, UTC ms


def arrival(old: Played, number: int) -> int:
    return next(now for index, _, now in old.visits if index == number)


def timed(deeds: Sequence[tuple[Deed, str | None]], old: Played, number: int) -> Iterator[tuple[Deed, ...]]:
    """The deeds while the run waits for the last time before that node decides."""
    rest = _rest(old, number)
    if rest is None:
        return
    came, left = rest
    span = max(left - came, 2 * MINUTE)
    for offset in dict.fromkeys(
        (minutes(min(10 * MINUTE, span // 2)), minutes(min(HOUR, span // 2)), minutes(span // 2))
    ):
        yield tuple(
            {**_when(old, came, offset + count * MINUTE, since), **deed} for count, (deed, since) in enumerate(deeds)
        )


def _rest(old: Played, number: int) -> tuple[int, int] | None:
    """(since, until) of the last rest before the node is left, or of the one at it."""
    found = None
    rested: int | None = None
    for index, taken, now in old.visits:
        if taken is None:
            rested = now if rested is None else rested
            if index == number:
                later = [at for other, how, at in old.visits if other == number and how is not None]
                return rested, later[0] if later else rested + HOUR
            continue
        if rested is not None:
            found, rested = (rested, now), None
        if index == number:
            return found
    return found


def _when(old: Played, came: int, offset: int, since: str | None) -> Deed:
    left = sorted((at, step) for step, instants in old.ending.left.items() for at in instants if at <= came)
    known = dict((step, at) for at, step in left)
    step = since if since in known else left[-1][1] if left else None
    begin = known[step] if step is not None else old.ending.start
    after = duration_words(Duration(0, (came - begin + offset) // MINUTE * MINUTE))
    return {"after": after} | ({"since": step} if step is not None else {})


def person_of(plot: Plot, default_zone: str) -> Person:
    return Person(plot.fields, plot.consent, zone_of(plot, default_zone))


def zone_of(plot: Plot, default: str) -> str:
    number = numbers.parse(str(plot.fields["phone"]))
    return zones.zone_of(number.e164, number.region, plot.fields.get("timezone"), default)


def with_phone(plot: Plot, country: str, phone: str) -> Plot:
    fields = {name: value for name, value in plot.fields.items() if name != "timezone"}
    return plot._replace(fields={**fields, "phone": phone}, said=(*plot.said, f"a number of {country}"))


def example_phone(country: str) -> str | None:
    import phonenumbers

    found = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    return None if found is None else f"+{found.country_code}{found.national_number}"


def tidy(deed: Deed) -> dict[str, Any]:
    return {name: value for name, value in deed.items() if name != "data" or value}


def told(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        yield name.replace("_", " "), "missing" if value is None else value_words(value)


def deed_words(deed: Deed) -> str:
    verb, value = next((name, value) for name, value in deed.items() if name not in ("after", "since", "data"))
    return {"clicked": f"clicks {value}", "replied": f"writes {value}", "failed": f"{value} fails"}.get(
        verb, str(value)
    )
