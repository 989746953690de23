"""Bodies of webhooks, taken: kept as they came, and each message in them made into its event, its consent, or nothing.

Invariants: the signature was good before anything here is called. All of a body is one transaction, and an answer is given after it. A
delivery counts once, and so does a key (a checkout, an order with its status), whichever webhook brings it, and to whichever daemon: the
first body of a key that makes an event makes it; a newer one renews the data of that event and enters nobody again, whatever number it
names; an older one changes nothing. What a person said of texts counts all the same; an opt-out also
when it comes late, after a START (C0).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from engine.core.calendar import DAY
from engine.intake import item_pictures, privacy_requests, source_events
from engine.intake.mapping import Became
from engine.language.model.project import Project
from engine.messaging.numbers import mask_numbers
from engine.sources.bodies import Unreadable
from engine.sources.signatures import Headers
from engine.store import notices, source_bodies
from engine.store.database import Database
from engine.store.queries import source_messages
from engine.store.source_bodies import BODY_KEPT_MS, NewMessage
from engine.store.sql import Connection


class Taken(NamedTuple):
    """What the messages of a body became -> how many: event, renewed, same, older, consent, again (the delivery is known), forgotten,
    notice, product (its pictures are noted); or nothing, by why: no number, not mapped, test, not taken (an event was meant, and could not
    be made), nothing (there was none to make). `unreadable`: why nothing can be read of the body."""

    counts: Mapping[str, int]
    unreadable: str | None = None


def take(database: Database, project: Project, name: str, headers: Headers, raw: bytes, now: int) -> Taken:
    """A body whose signature is good. Raises Refused where somebody is to be forgotten while a message to them is under way."""
    source = project.sources[name]
    kept = {each: headers[each] for each in source.bodies.kept_headers if each in headers}
    try:
        messages = source.bodies.messages(headers, raw)
    except Unreadable as error:
        why = error.reason

        def keep(db: Connection) -> None:
            source_bodies.keep(db, name, kept, raw, why, now)
            _say(db, name, f"cannot be read: {why}", now)

        database.write(keep)
        return Taken({}, why)
    with database.reading() as db:
        made = item_pictures.becomes(db, project, name, messages)
    asked = Counter(
        privacy_requests.answer(database, project, name, each, now) for each in made if each.privacy is not None
    )
    others = [each for each in made if each.privacy is None]
    if not others:
        return Taken(dict(asked))
    taken = database.write(lambda db: _take(db, project, name, kept, raw, others, now, is_kept=not asked))
    return Taken(dict(taken + asked))


def say_refused(database: Database, name: str, wrong: str, now: int) -> None:
    """A notice at the first bad signature of a day: a shop may go silent after a few of them."""
    subject = f"source:{name}:refused:{now // DAY}"
    with database.reading() as db:
        if notices.was_said(db, subject):
            return
    note = f"a webhook to the source {name} was refused with 401: {wrong}"
    database.write(lambda db: notices.add(db, "source", subject, None, now, note))


def _take(
    db: Connection,
    project: Project,
    name: str,
    headers: Headers,
    raw: bytes,
    made: Iterable[Became],
    now: int,
    is_kept: bool,
) -> Counter[str]:
    """`is_kept`: not where a request to forget somebody is in the body, because it names the person."""
    body = source_bodies.keep(db, name, headers, raw, None, now)
    counts = Counter(take_message(db, project, name, body, each, now) for each in made)
    if not is_kept or set(counts) <= {"again", "product"}:
        source_bodies.drop(db, body)
    return counts


def take_message(
    db: Connection, project: Project, name: str, body: int, made: Became, now: int, before: int | None = None
) -> str:
    """One message of a kept body; what it became. `before`: its row, where it made nothing before and is looked at again."""
    said = made.message
    new = NewMessage(name, said.topic, said.delivery, said.key, said.version)
    if before is not None:
        source_bodies.drop_message(db, before)
    # The key is held from here to the commit: who brings it at the same time waits, and finds what was made of it.
    row = source_bodies.begin(db, body, new, now, holds_key=True) if made.event is not None and said.key else None
    first = row is not None
    row = row or source_bodies.begin(db, body, new, now)
    if row is None:
        return "again"
    found = source_events.make(db, project, name, made, now, first)
    source_bodies.became(db, row, *found)
    if found.what == "event" and said.key:
        _take_waiting(db, project, name, _about(said.key), now)
    awaited = (
        said.follows if found.what == "event" else (said.whose or said.follows) if found.what == "no number" else ()
    )
    if awaited and not (found.event and source_events.tell_who_began(db, project, name, made, found.contact, now)):
        source_bodies.wait(db, row, _about(awaited[0]))
    if found.what == "not taken":
        topic = f"of the topic {mask_numbers(said.topic)}" if said.topic else "without a topic"
        _say(db, name, f"{topic} could not become an event", now)
    return found.what


def _about(key: str) -> str:
    """What a key is of, whatever became of that: `orders:1001` of `orders:1001:create`."""
    return ":".join(key.split(":")[:2])


def _take_waiting(db: Connection, project: Project, name: str, about: str, now: int) -> None:
    """What came before the checkout or the order that it belongs to."""
    for row, id, buyer in source_bodies.waiting(db, name, about):
        kept = source_bodies.kept(db, id)
        messages = project.sources[name].bodies.messages(kept.headers, kept.body) if kept else ()
        for made in item_pictures.becomes(db, project, name, messages):
            found = source_bodies.row_of(db, id, made.message.topic, made.message.delivery)
            if found is None or found[0] != row:
                continue
            if found[1] == "no number":
                take_message(db, project, name, id, made, now, row)
            elif made.event is not None:
                source_events.tell_who_began(db, project, name, made, buyer, now)


def say_made(db: Connection, name: str, now: int) -> None:
    """The notices about bodies of a source that no event was made of are done, where all that are kept have made theirs."""
    if source_messages.is_any_not_taken(db, name):
        return
    today = now // DAY
    for day in range(today - BODY_KEPT_MS // DAY, today + 1):
        notices.finish_about(db, _subject(name, day), now)


def _subject(name: str, day: int) -> str:
    return f"source:{name}:{day}"


def _say(db: Connection, name: str, wrong: str, now: int) -> None:
    """A notice at the first body of a day that a person should look at."""
    note = f"a webhook to the source {name} {wrong}. It is kept for a week: `leadoff sources list {name} --nothing`"
    notices.add(db, "source", _subject(name, now // DAY), None, now, note)
