"""An answer that a person writes to a contact: a message of the flow "@people", whose run ends as it begins and says who wrote it.

Invariants: it goes to nobody who has opted out, also where that came while it was typed. It waits behind no other message and no cap counts
it; quiet hours hold it only where the contact has not written for a day. One form writes one message, however often it is sent, and none
where somebody else has answered since the form was shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from typing import NamedTuple

from engine.core.calendar import DAY, HOUR
from engine.core.context import Run, SenderProfile, Settings
from engine.core.effects import SendMessage
from engine.core.facts import Person
from engine.core.gates import Candidate, Hold, Never, first_verdict
from engine.core.gates.local_rules import LocalRules
from engine.deploy.deployed import Deployed
from engine.errors import NotFound, Refused
from engine.messaging.only_to import VARIABLE
from engine.messaging.parts import count
from engine.messaging.prices import price
from engine.messaging.smart_encoding import smart
from engine.runtime.auto_replies import sender_texted
from engine.store import facts, interned_names, notices, outbox, runs, threads
from engine.store.journal import JournalEntry, write
from engine.store.sql import Connection
from engine.store.states import PEOPLE, PERSON_STEP
from engine.store.threads import Thread

AHEAD = 24 * HOUR  # of the queue
LASTS = DAY  # from when it may leave; later it answers nothing any more
LONGEST = 1_600
"""Characters of an answer: what providers take."""


class Outlook(NamedTuple):
    """What an answer written now would meet."""

    refused: str | None  # why none can be sent
    until: int | None  # it is held until then, by quiet hours
    is_night: bool  # it goes at once, although it is in quiet hours there


class Draft(NamedTuple):
    """An answer as it would be sent. `price`: millionths."""

    text: str
    sender: str
    parts: int
    price: int


class Answer(NamedTuple):
    """What a form brings. `form`: its own value; `after`: of the form that wrote the answer before, empty for none."""

    contact: int
    text: str
    form: str
    after: str
    up_to: int  # the newest text that whoever writes has seen
    by: str


def known(db: Connection, contact: int) -> tuple[Person, Thread]:
    """Raises NotFound where nobody wrote, or is forgotten."""
    thread = threads.one(db, contact)
    person = facts.people(db, [contact]).get(contact) if thread else None
    if thread is None or person is None:
        raise NotFound("there is no such conversation", "who is forgotten is gone from here at once")
    return person, thread


def outlook(
    deployed: Deployed, person: Person, thread: Thread, now: int, only_to: Collection[str] | None = None
) -> Outlook:
    """`only_to`: the only numbers that are texted; None: all."""
    local = hours_of(deployed, person, PEOPLE)
    is_awake = thread.last_at > now - threads.AWAKE_MS
    asked = Candidate(
        now, "person", person.consent_at(now), person.region, deployed.countries, None, person.unreachable
    )
    verdict = first_verdict(asked if is_awake else asked._replace(local=local))
    if only_to is not None and person.phone not in only_to:
        return Outlook(f"{VARIABLE} does not name this number", None, False)
    if isinstance(verdict, Never):
        return Outlook(verdict.reason, None, False)
    is_night = local is not None and local.opening(now) != now
    return Outlook(None, verdict.until if isinstance(verdict, Hold) else None, is_night and is_awake)


def draft(db: Connection, deployed: Deployed, person: Person, thread: Thread, typed: str) -> Draft:
    """Raises Refused for what cannot be sent."""
    settings = deployed.settings
    sender = _sender(settings, person.region, threads.last_text(db, thread)[1])
    if sender is None:
        raise Refused(f"leadoff.yaml has no sender for {person.region}")
    text = _cleaned(typed)
    if not 1 <= len(text) <= LONGEST:
        raise Refused(f"an answer has 1 to {LONGEST:,} characters, and this one has {len(text):,}", "write it shorter")
    text = smart(text) if sender.smart else text
    parts = count(text).parts
    return Draft(text, sender.name, parts, price(settings.prices, person.region, "sms", parts))


def write_answer(
    db: Connection, deployed: Deployed, answer: Answer, now: int, only_to: Collection[str] | None = None
) -> bool:
    """Whether it is written, now or by the same form before; False, and nothing is done, where somebody else has answered meanwhile.

    Raises NotFound, Refused.
    """
    threads.lock(db, answer.contact)
    person, thread = known(db, answer.contact)
    if thread.answer == answer.form:
        return True
    if (thread.answer or "") != answer.after:
        return False
    meets = outlook(deployed, person, thread, now, only_to)
    if meets.refused is not None:
        raise Refused(f"nothing was sent: {meets.refused}")
    made = draft(db, deployed, person, thread, answer.text)
    why = f"an answer by {answer.by}"
    id = db.ids("run", 1)
    run = Run(id, person.id, PEOPLE, 0, PERSON_STEP, "exited", why, None, None, now, now, thread.last_event)
    expires = max(now, meets.until or now) + LASTS
    effect = SendMessage(PERSON_STEP, made.text, made.sender, "person", None, (), made.parts, made.price, expires)
    runs.insert(db, [run], now, deployed.names)
    outbox.insert(db, [(run, effect)], now, deployed.id, deployed.names, now - AHEAD)
    threads.set_answer(db, person.id, answer.form)
    _look(db, thread, answer.up_to, now)
    return True


def set_done(db: Connection, contact: int, up_to: int, note: str, now: int) -> None:
    """A person has looked at all up to that event; `note` stands in the story of the contact. Raises NotFound."""
    threads.lock(db, contact)
    _, thread = known(db, contact)
    if thread.waits and up_to > thread.done_up_to:
        write(db, [JournalEntry(contact, PEOPLE, "noted", note=note)], now, interned_names.load(db))
    _look(db, thread, up_to, now)


def _look(db: Connection, thread: Thread, up_to: int, now: int) -> None:
    threads.set_done(db, thread.contact, min(up_to, thread.last_event))
    if up_to >= thread.last_event:
        notices.finish_of(db, notices.MAY_BE_STOP, thread.contact, now)


def hours_of(deployed: Deployed, person: Person, flow: str) -> LocalRules | None:
    """When a message of that flow may reach this person; None where the author has turned quiet hours off."""
    return person.local_rules(deployed.project.timezone, deployed.quiet_of(flow))


def _sender(settings: Settings, region: str, number: str) -> SenderProfile | None:
    """The one that was texted, where it may text that country: the person knows its number."""
    texted = sender_texted(settings.senders, number)
    return texted if texted is not None and region in texted.countries else settings.sender_for(region)


def _cleaned(typed: str) -> str:
    """With the line breaks of texts, and no other control character."""
    lines = typed.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(each for each in lines if each == "\n" or unicodedata.category(each) != "Cc")
