"""Automatic replies: messages of runs in the flow "@answers", which end as they begin.

    STOP     confirmed where it changed the consent; on toll-free numbers the network has answered it (and would take no more)
    START    confirmed where it changed the consent
    HELP     always answered, also for a number that has opted out
    others   `texts.away`, where the project has it: what waits for a person and no run listens to; at most once in 24 hours a contact,
             not where a person has answered in that time, and never to the same text within a minute

Invariants: what the provider has answered is not answered again. A reply goes by the sender whose number was texted. Each kind goes to a
contact at most once an hour, so that two robots do not answer each other. The confirmation of an opt-out leaves within five minutes, as
long as consent to it is presumed (47 CFR 64.1200(a)(12)), or not at all. That of an opt-in is an ordinary transactional message, which a
later STOP cancels. A reply is in the contact's language, else in that of the keyword (AYUDA, ARRET), as far as the project writes in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.core.context import Run, SenderProfile, Settings
from engine.core.effects import SendMessage, Skip
from engine.core.facts import Person
from engine.core.gates import Candidate, Never, first_verdict
from engine.messaging.compliance_texts import Texts
from engine.messaging.keywords import language_of
from engine.messaging.numbers import is_toll_free
from engine.messaging.parts import count
from engine.messaging.prices import price
from engine.messaging.smart_encoding import smart
from engine.runtime.batch import TickBatch
from engine.store import facts, history, outbox, runs, threads
from engine.store.inbox import Pending
from engine.store.states import ANSWERS, PEOPLE, PERSON_STEP

AHEAD = 24 * HOUR  # of the queue: behind a whole campaign an answer would come too late
REASON = "answered"


class ReplyKind(NamedTuple):
    step: str  # of tables.ANSWER_STEPS, and the text of it in messaging.compliance_texts.Texts
    category: str
    lasts: int  # ms from the person's text


KINDS = {
    "stop": ReplyKind("opt_out", "answer", 5 * MINUTE),
    "start": ReplyKind("opt_in", "transactional", HOUR),
    "help": ReplyKind("help", "answer", HOUR),
}

AWAY = ReplyKind("away", "transactional", HOUR)
HEARD = "@inbound"
"""What a step listens to that waits for a text."""


def write_auto_replies(batch: TickBatch, texts: Sequence[Pending]) -> None:
    """Write the answers to these texts; at most one a contact."""
    settings = batch.deployed.settings
    asked = {text.contact: text for text in texts if text.contact is not None and _is_asked(text)}
    if batch.restored is not None:  # those of before may have been answered
        asked = {contact: text for contact, text in asked.items() if not batch.restored.has_before(text)}
    if not asked:
        return
    flow = batch.names.flow_ids[ANSWERS]
    lately = history.steps_since(batch.db, asked, flow, batch.now - HOUR)
    kinds = {contact: (KINDS[text.data["verdict"]], text) for contact, text in asked.items()}
    step_ids = batch.names.step_ids
    _write(batch, settings, {c: each for c, each in kinds.items() if (c, step_ids[flow, each[0].step]) not in lately})


def write_away(batch: TickBatch, texts: Sequence[Pending]) -> None:
    """The project's `texts.away`, to texts that wait for a person; at most one a contact."""
    settings = batch.deployed.settings
    if not settings.texts.away:
        return
    if batch.restored is not None:  # those of before may have been answered
        texts = [text for text in texts if not batch.restored.has_before(text)]
    asked = {text.contact: text for text in _unheard(batch, texts) if text.contact is not None}
    if not asked:
        return
    answered = _repeats(batch, asked)
    for flow, step in ((ANSWERS, AWAY.step), (PEOPLE, PERSON_STEP)):
        id = batch.names.flow_ids[flow]
        number = batch.names.step_ids[id, step]
        lately = history.steps_since(batch.db, asked, id, batch.now - DAY)
        answered |= {contact for contact, each in lately if each == number}
    _write(batch, settings, {contact: (AWAY, text) for contact, text in asked.items() if contact not in answered})


def _write(batch: TickBatch, settings: Settings, asked: Mapping[int, tuple[ReplyKind, Pending]]) -> None:
    people = facts.people(batch.db, asked)
    first = batch.db.ids("run", len(asked))
    written: list[outbox.Written] = []
    for contact, (kind, event) in asked.items():
        if contact in people:
            run = _run(first + len(written), contact, kind, event, batch.now)
            texts = batch.deployed.texts_for(
                people[contact].fields.get("language"), language_of(str(event.data.get("text") or ""))
            )
            written.append((run, _written(settings, texts, people[contact], kind, event, batch.now)))
    if written:
        runs.insert(batch.db, [run for run, _ in written], batch.now, batch.names)
        outbox.insert(batch.db, written, batch.now, batch.deployed.id, batch.names, batch.now - AHEAD)


def _unheard(batch: TickBatch, texts: Sequence[Pending]) -> list[Pending]:
    """Those that no waiting run listens to."""
    contacts = [text.contact for text in texts if text.contact is not None]
    if HEARD not in batch.deployed.heard:
        return list(texts)
    heard = set()
    for version, cases in batch.by_version(runs.waiting_of(batch.db, contacts, batch.names)):
        resting = ((case.run.contact, version.node_of(case.run)) for case in cases)
        heard |= {contact for contact, node in resting if node is not None and HEARD in node.listens}
    return [text for text in texts if text.contact not in heard]


def _repeats(batch: TickBatch, asked: Mapping[int, Pending]) -> set[int]:
    """Contacts who said the same within a minute: a robot that answers us."""
    since = min((text.occurred_at for text in asked.values()), default=0) - MINUTE
    return {
        contact
        for contact, id, said in threads.said_since(batch.db, asked, since)
        if id < asked[contact].id and said == str(asked[contact].data.get("text") or "")
    }


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


def _written(
    settings: Settings, texts: Texts, person: Person, kind: ReplyKind, event: Pending, now: int
) -> SendMessage | Skip:
    expires = min(now, event.occurred_at) + kind.lasts
    countries = settings.countries
    gates = first_verdict(
        Candidate(now, kind.category, person.consent_at(now), person.region, countries, expires, person.unreachable)
    )
    if isinstance(gates, Never):
        return Skip(kind.step, gates.reason)
    sender = sender_texted(settings.senders, str(event.data.get("to"))) or settings.sender_for(person.region)
    if sender is None:
        return Skip(kind.step, f"no sender for {person.region}")
    text: str = getattr(texts, kind.step)
    text = smart(text) if sender.smart else text
    parts = count(text).parts
    cost = price(settings.prices, person.region, "sms", parts)
    return SendMessage(kind.step, text, sender.name, kind.category, None, (), parts, cost, expires)


def sender_texted(senders: Iterable[SenderProfile], number: str) -> SenderProfile | None:
    """The one that was texted."""
    return next((sender for sender in senders if sender.number == number), None)
