"""Changes of contacts, and events, that flows make. Written in the transaction of their sprint.

Invariants: an update is applied to the contact as it is now, so two flows at once lose nothing. `consent` needs a text of the person that
came since the run began; the text is kept as the proof, and lifts an opt-out only if it is later than that (C0). A chain of events, or of
updates that lead from one segment's flow to another's, ends 10 hops after the event from outside (R5). A step with an id emits once in a
run, though an edit has put it further down.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.contacts import people
from engine.core.context import Run
from engine.core.effects import EmitEvent, UpdateContact
from engine.store import contacts, inbox, segment_members
from engine.store.contacts import ConsentChange, StoredContact
from engine.store.inbox import NewEvent
from engine.store.interned_names import Names
from engine.store.journal import JournalEntry
from engine.store.outbox import PASSED
from engine.store.own_events import MOST_HOPS
from engine.store.sql import Connection
from engine.store.states import EVENT

ContactEffect = tuple[Run, UpdateContact | EmitEvent]


def apply_contact_effects(
    db: Connection, made: Sequence[ContactEffect], default_zone: str, names: Names, now: int
) -> list[JournalEntry]:
    """In order; what was refused comes back as lines for the journal."""
    updates = [(run, effect) for run, effect in made if isinstance(effect, UpdateContact)]
    emitted = [(run, effect) for run, effect in made if isinstance(effect, EmitEvent)]
    refused: list[JournalEntry] = []
    if updates:
        refused += _update(db, updates, default_zone, now)
    if emitted:
        refused += _emit(db, emitted, names, now)
    return refused


def _update(
    db: Connection, updates: Sequence[tuple[Run, UpdateContact]], default_zone: str, now: int
) -> list[JournalEntry]:
    known = contacts.with_ids(db, {run.contact for run, _ in updates})
    fields = {id: contact.fields for id, contact in known.items()}
    for run, effect in updates:
        fields[run.contact] = effect.fields(fields[run.contact])
    people.replace_fields(db, [(known[id], after) for id, after in fields.items()], default_zone, now)
    hops = inbox.hops(db, {run.event for run, _ in updates if run.event is not None})
    segment_members.count_hops(db, [(run.contact, hops.get(run.event or 0, 0) + 1) for run, _ in updates])
    subscribing = [(run, effect) for run, effect in updates if effect.consent is not None]
    return list(_subscribe(db, subscribing, known, now)) if subscribing else []


def _subscribe(
    db: Connection, wanted: Sequence[tuple[Run, UpdateContact]], known: dict[int, StoredContact], now: int
) -> Iterator[JournalEntry]:
    texts = inbox.last_texts(db, {run.contact for run, _ in wanted})
    standing = contacts.consents(db, {contact.phone for contact in known.values()})
    changes = []
    for run, effect in wanted:
        text, phone = texts.get(run.contact), known[run.contact].phone
        if text is None or text.at < run.entered:
            note = "did not subscribe: the contact has texted nothing in this run"
            yield JournalEntry(run.contact, run.flow, "noted", run.id, effect.step, note)
            continue
        since = standing[phone].at if phone in standing else 0  # one in the future is a wrong clock's (E4)
        proof = f"{text.outside_id or text.id}: {text.text[:200]}"
        changes.append(
            ConsentChange(phone, "subscribed", f"flow {run.flow}", text.at, proof, lifts=text.at > since or since > now)
        )
    contacts.set_consents(db, changes, now)


def _emit(db: Connection, emitted: Sequence[tuple[Run, EmitEvent]], names: Names, now: int) -> list[JournalEntry]:
    hops = inbox.hops(db, {run.event for run, _ in emitted if run.event is not None})
    ids = [_outside_id(run, effect, names) for run, effect in emitted]
    named = {id for id in ids if id is not None}
    passed = inbox.known_of(db, {run.contact for run, _ in emitted}, named) if named else set()
    events, refused = [], []
    for (run, effect), id in zip(emitted, ids, strict=True):
        if id in passed:
            refused.append(JournalEntry(run.contact, run.flow, "noted", run.id, effect.step, PASSED))
            continue
        hop = hops.get(run.event or 0, 0) + 1
        if hop > MOST_HOPS:
            note = f"did not emit {effect.event}: more than {MOST_HOPS} events in a chain from one outside"
            refused.append(JournalEntry(run.contact, run.flow, "noted", run.id, effect.step, note))
        else:
            events.append(NewEvent(run.contact, EVENT, effect.event, now, effect.data, run.id, id, hops=hop))
    inbox.add(db, events, now)
    return refused


def _outside_id(run: Run, effect: EmitEvent, names: Names) -> str | None:
    """By the step's number, which a rename keeps; None where the step has no id."""
    number = names.step_id(names.flow_ids[run.flow], effect.step)
    return None if number is None else f"emit:{run.id}:{number}"
