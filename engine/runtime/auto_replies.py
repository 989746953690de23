"""Automatic replies to STOP, START and HELP: messages of runs in the flow "@answers", which end as they begin.

    STOP     confirmed where it changed the consent; on toll-free numbers the network has answered it (and would take no more)
    START    confirmed where it changed the consent
    HELP     always answered, also for a number that has opted out

Invariants: what the provider has answered is not answered again. A reply goes by the sender whose number was texted. Each kind goes to a
contact at most once an hour, so that two robots do not answer each other. The confirmation of an opt-out leaves within five minutes, as
long as consent to it is presumed (47 CFR 64.1200(a)(12)), or not at all. That of an opt-in is an ordinary transactional message, which a
later STOP cancels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from engine.core.calendar import HOUR, MINUTE
from engine.core.context import Run, SenderProfile, Settings
from engine.core.effects import SendMessage, Skip
from engine.core.facts import Person
from engine.core.gates import Candidate, Never, first_verdict
from engine.messaging.numbers import is_toll_free
from engine.messaging.parts import count
from engine.messaging.prices import price
from engine.messaging.smart_encoding import smart
from engine.runtime.batch import TickBatch
from engine.store import facts, history, outbox, runs
from engine.store.inbox import Pending
from engine.store.states import ANSWERS

AHEAD = 24 * HOUR  # of the queue: behind a whole campaign an answer would come too late
REASON = "answered"


class ReplyKind(NamedTuple):
    step: str  # of tables.ANSWER_STEPS, and the text of it in messaging.answers.Texts
    category: str
    lasts: int  # ms from the person's text


KINDS = {
    "stop": ReplyKind("opt_out", "answer", 5 * MINUTE),
    "start": ReplyKind("opt_in", "transactional", HOUR),
    "help": ReplyKind("help", "answer", HOUR),
}


def write_auto_replies(batch: TickBatch, texts: Sequence[Pending]) -> None:
    """Write the answers to these texts; at most one a contact."""
    settings = batch.deployed.settings
    asked = {text.contact: text for text in texts if text.contact is not None and _is_asked(text)}
    if batch.restored is not None:  # those of before may have been answered
        asked = {contact: text for contact, text in asked.items() if not batch.restored.has_before(text)}
    if settings is None or not asked:
        return
    flow = batch.names.flow_ids[ANSWERS]
    lately = history.steps_since(batch.db, asked, flow, batch.now - HOUR)
    people = facts.people(batch.db, asked)
    first = batch.db.ids("run", len(asked))
    written: list[outbox.Written] = []
    for contact, event in asked.items():
        kind = KINDS[event.data["verdict"]]
        if contact in people and (contact, batch.names.step_ids[flow, kind.step]) not in lately:
            run = _run(first + len(written), contact, kind, event, batch.now)
            written.append((run, _written(settings, people[contact], kind, event, batch.now)))
    if written:
        runs.insert(batch.db, [run for run, _ in written], batch.now, batch.names)
        outbox.insert(batch.db, written, batch.now, batch.deployed.id, batch.names, batch.now - AHEAD)


def _is_asked(event: Pending) -> bool:
    said = event.data
    if said.get("verdict") not in KINDS or said.get("answered"):
        return False
    if said["verdict"] == "help":
        return True
    silent = said["verdict"] == "stop" and is_toll_free(str(said.get("to")))
    return bool(said.get("changed")) and not silent


def _run(id: int, contact: int, kind: ReplyKind, event: Pending, now: int) -> Run:
    entered = min(now, event.occurred_at)
    return Run(id, contact, ANSWERS, 0, kind.step, "exited", REASON, None, None, entered, now, event.id)


def _written(settings: Settings, person: Person, kind: ReplyKind, event: Pending, now: int) -> SendMessage | Skip:
    expires = min(now, event.occurred_at) + kind.lasts
    countries = settings.countries
    gates = first_verdict(
        Candidate(now, kind.category, person.consent, person.region, countries, expires, person.unreachable)
    )
    if isinstance(gates, Never):
        return Skip(kind.step, gates.reason)
    sender = _sender(settings.senders, str(event.data.get("to"))) or settings.sender_for(person.region)
    if sender is None:
        return Skip(kind.step, f"no sender for {person.region}")
    text: str = getattr(settings.texts, kind.step)
    text = smart(text) if sender.smart else text
    parts = count(text).parts
    cost = price(settings.prices, person.region, "sms", parts)
    return SendMessage(kind.step, text, sender.name, kind.category, None, (), parts, cost, expires)


def _sender(senders: Iterable[SenderProfile], number: str) -> SenderProfile | None:
    """The one that was texted."""
    return next((sender for sender in senders if sender.number == number), None)
