"""What came of a flow test: messages, skips, automatic replies, entries that were refused, and how runs ended, in order of time.

Invariants: all of it is read from the timeline that `explain` shows. Other flows of the project run as well, and are not judged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from engine.language.values.scalars import names_value
from engine.preview.stories.stories import LEFT, held_by, is_delivery
from engine.preview.worlds.world import SOURCE, World
from engine.runtime.entries import ALREADY_IN
from engine.store import contacts
from engine.store.contacts import StoredContact
from engine.store.queries import history
from engine.store.queries.listings import MILLION
from engine.store.queries.timeline import Doing, TimelineEntry, timeline_of
from engine.store.states import ANSWERS

SMS, MMS, SKIPPED, CANCELLED, ANSWER = "sms", "mms", "skipped", "cancelled", "answer"
NOT_ENTERED, WAITS, EXIT = "not_entered", "waits", "exit"
UNSENT, PARKED = "unsent", "parked"
"""What no test can expect: a message that was still to leave at the end, and a run that failed with an error."""

TEXTED = (SMS, MMS, ANSWER)


class Outcome(NamedTuple):
    """One thing that came of it. `at` is UTC ms; `entry` its index in the story."""

    kind: str
    at: int
    entry: int
    step: str | None = None  # of an answer: which
    reason: str | None = None
    text: str = ""  # with `{{ link('shop') }}` in place of each tracked link
    parts: int = 0
    price: int = 0  # millionths
    held: tuple[str, ...] = ()  # why it was held before
    media: str | None = None  # as it is stored

    @property
    def subject(self) -> str:
        """What it is about: a step, a reply, a reason."""
        return self.step or self.reason or ""

    @property
    def goes_without_saying(self) -> bool:
        """A test may expect it, and need not: a contact who is in the flow does not enter it once more, and nothing comes of that."""
        return self.kind == NOT_ENTERED and self.reason == ALREADY_IN


class Story(NamedTuple):
    """One contact after the test. `zone`: the contact's clock; `outcomes` are of the flow that is tested."""

    contact: StoredContact
    zone: str
    moments: tuple[TimelineEntry, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def price(self) -> int:
        """Of what left, automatic replies included; millionths."""
        return sum(outcome.price for outcome in self.outcomes if outcome.kind in TEXTED)


def story_of(world: World, who: StoredContact, flow: str, doing: Doing) -> Story:
    with world.database.reading() as db:
        moments = timeline_of(db, who, doing)
        links = {row["code"]: _written(row) for row in history.links(db, who.id)}
        now = contacts.one(db, who.phone) or who
    shown = tuple(moment for moment in moments if not _is_no_news(moment))
    return Story(who, now.zone, shown, tuple(_outcomes(shown, flow, world.deployed().project_url, links)))


def _is_no_news(moment: TimelineEntry) -> bool:
    """The consent that the contact has from the start, and a message that was delivered."""
    return (moment.kind == "consent" and moment.details["source"] == SOURCE) or is_delivery(moment)


def _outcomes(moments: Sequence[TimelineEntry], flow: str, url: str, links: Mapping[str, str]) -> Iterator[Outcome]:
    held: dict[tuple[int | None, str | None], list[str]] = {}
    for index, moment in enumerate(moments):
        if moment.flow not in (flow, ANSWERS):
            continue
        why = held_by(moment)
        if why is not None:
            held.setdefault((moment.run, moment.step), []).append(why)
        elif moment.kind in ("message", "queued"):
            yield _message(index, moment, url, links, tuple(held.get((moment.run, moment.step), ())))
        elif moment.kind in _PLAIN:
            yield Outcome(_PLAIN[moment.kind], moment.at, index, moment.step, moment.details.get("reason"))


_PLAIN = {"refused": NOT_ENTERED, "missed": NOT_ENTERED, "exited": EXIT, "waits": WAITS, "parked": PARKED}


def _message(index: int, moment: TimelineEntry, url: str, links: Mapping[str, str], held: tuple[str, ...]) -> Outcome:
    details: Mapping[str, Any] = moment.details
    status = details["status"]
    if status in LEFT:
        kind = ANSWER if moment.flow == ANSWERS else str(details["kind"])
    else:
        kind = {"skipped": SKIPPED, "cancelled": CANCELLED, "expired": CANCELLED}.get(status, UNSENT)
    reason = details["reason"] or ("expired" if status == "expired" else None)
    text = _with_names(details["text"], url, links)
    price = round(details["price"] * MILLION) if details["provider_id"] is not None else 0
    return Outcome(kind, moment.at, index, moment.step, reason, text, details["parts"], price, held, details["media"])


def _written(row: Mapping[str, Any]) -> str:
    return link_as_written(row["name"])


def link_as_written(name: str) -> str:
    """How an author writes a link: of leadoff.yaml by its name, a fixed one by its address, one to a value by its path."""
    if names_value(name):
        return f"{{{{ short({name}) }}}}"
    quote = '"' if "'" in name else "'"
    return f"{{{{ {'short' if '://' in name else 'link'}({quote}{name}{quote}) }}}}"


def _with_names(text: str, url: str, links: Mapping[str, str]) -> str:
    return re.sub(rf"{re.escape(url)}/l/(\w+)", lambda found: links.get(found[1], found[0]), text)
