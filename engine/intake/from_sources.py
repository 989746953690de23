"""Bodies of webhooks, taken: kept as they came, and each message in them made into its event, its consent, or nothing.

Invariants: the signature was good before anything here is called. All of a body is one transaction, and an answer is given after it. A
delivery counts once, and so does a key (a checkout, an order with its status), whichever webhook brings it: the first body of a key that
makes an event makes it; a newer one renews the data of that event and enters nobody again, whatever number it names; an older one changes
nothing. What a person said of texts counts all the same, if it is newer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from engine.contacts import consent as consents
from engine.core.calendar import DAY
from engine.errors import Refused
from engine.intake import events
from engine.intake.events import IncomingEvent
from engine.intake.mapping import Became, became
from engine.language.model.project import Project
from engine.language.values.fields import BadValue
from engine.messaging.numbers import BadNumber, parse_written
from engine.sources.bodies import Unreadable
from engine.sources.paths import value_of
from engine.sources.signatures import Headers
from engine.store import forgetting, notices, source_bodies
from engine.store.contacts import ConsentChange
from engine.store.database import Database
from engine.store.source_bodies import NewMessage
from engine.store.sql import Connection


class Taken(NamedTuple):
    """What the messages of a body became: event, renewed, same, older, consent, nothing, again (known by its delivery) -> how many."""

    counts: Mapping[str, int]
    unreadable: str | None = None


def take(database: Database, project: Project, name: str, headers: Headers, raw: bytes, now: int) -> Taken:
    """A body whose signature is good."""
    source = project.sources[name]
    kept = {each: headers[each] for each in source.bodies.kept_headers if each in headers}
    try:
        messages = source.bodies.messages(headers, raw)
    except Unreadable as error:
        why = error.reason
        database.write(lambda db: source_bodies.keep(db, name, kept, raw, why, now))
        return Taken({}, why)
    made = [became(project, source, message) for message in messages]
    asked = Counter(_answer_privacy(database, name, each, now) for each in made if each.privacy is not None)
    others = [each for each in made if each.privacy is None]
    if not others:  # the body of such a request is not kept: it names the person
        return Taken(dict(asked))
    taken = database.write(lambda db: _take(db, project, name, kept, raw, others, now))
    return Taken(dict(Counter(taken.counts) + asked))


def replay(database: Database, project: Project, id: int, now: int) -> Taken:
    """A kept body by the mapping of now: only what made nothing is made. Raises Refused."""
    with database.reading() as db:
        kept = source_bodies.kept(db, id)
    if kept is None:
        raise Refused(f"there is no kept body {id}", "bodies are kept for a week")
    source = project.sources.get(kept.source)
    if source is None:
        raise Refused(f"there is no source {kept.source} any more", "put it back into leadoff.yaml")
    try:
        made = [became(project, source, message) for message in source.bodies.messages(kept.headers, kept.body)]
    except Unreadable as error:
        return Taken({}, error.reason)
    return database.write(lambda db: _take_again(db, project, kept.source, id, made, now))


def _take_again(db: Connection, project: Project, name: str, body: int, made: list[Became], now: int) -> Taken:
    source_bodies.is_read(db, body)
    counts: Counter[str] = Counter()
    for each in made:
        row = source_bodies.row_of(db, body, each.message.topic, each.message.delivery)
        if row is None:
            counts[_one(db, project, name, body, each, now)] += 1
        elif row[1] != "nothing":
            counts["again"] += 1
        else:
            what, reason, contact, event = _made(db, project, name, each, now)
            source_bodies.became(db, row[0], what, reason, contact, event)
            counts[what] += 1
    return Taken(dict(counts))


def say_refused(database: Database, name: str, wrong: str, now: int) -> None:
    """A notice at the first bad signature of a day: a shop may go silent after a few of them."""
    subject = f"source:{name}:refused:{now // DAY}"
    with database.reading() as db:
        if notices.was_said(db, subject):
            return
    note = f"a webhook to the source {name} was refused with 401: {wrong}"
    database.write(lambda db: notices.add(db, "source", subject, None, now, note))


def _answer_privacy(database: Database, name: str, made: Became, now: int) -> str:
    """Forget the person, or say what is asked for. Raises Refused while a message to the person is under way."""
    asked, said = made.privacy, made.message
    assert asked is not None
    given = {what: value_of(said.body, path) for what, path in asked.person.items()}
    named = {what: value for what, value in given.items() if isinstance(value, str)}
    with database.reading() as db:
        people = source_bodies.named(db, named.get("phone"), named.get("email"), named.get("key"))
    if asked.act == "forget":
        for phone in {phone for _, phone in people} | _numbers(named.get("phone")):
            forgetting.forget(database, phone, now, f"source {name}")
        return "forgotten"
    do = [f"`leadoff contacts show {number} --all`" for _, number in people] or [
        "nobody here has that number or address"
    ]
    if not asked.person:
        do = ["nothing is erased by a webhook: stop the daemon and delete the database, if that is meant"]
    subject = f"source:{name}:{said.topic}:{said.delivery or now}"
    note, contact = f"{asked.says}: {', '.join(do)}", people[0][0] if people else None
    database.write(lambda db: notices.add(db, "privacy", subject, contact, now, note))
    return "notice"


def _numbers(phone: str | None) -> set[str]:
    """The number of a request, where it is one: somebody may have an opt-out without being a contact."""
    try:
        return {parse_written(phone).e164} if phone else set()
    except BadNumber:
        return set()


def _take(
    db: Connection, project: Project, name: str, kept: Headers, raw: bytes, made: list[Became], now: int
) -> Taken:
    body = source_bodies.keep(db, name, kept, raw, None, now)
    counts: Counter[str] = Counter()
    for each in made:
        counts[_one(db, project, name, body, each, now)] += 1
    if set(counts) <= {"again"}:
        source_bodies.drop(db, body)
    return Taken(dict(counts))


def _one(db: Connection, project: Project, name: str, body: int, made: Became, now: int) -> str:
    said = made.message
    row = source_bodies.begin(db, body, NewMessage(name, said.topic, said.delivery, said.key, said.version), now)
    if row is None:
        return "again"
    what, reason, contact, event = _made(db, project, name, made, now)
    source_bodies.became(db, row, what, reason, contact, event)
    return what


def _made(
    db: Connection, project: Project, name: str, made: Became, now: int
) -> tuple[str, str | None, int | None, int | None]:
    """What it became, why, of whom, and the event that it made."""
    if made.event is None:
        said = _say_consent(db, name, made, now)
        return ("consent" if said else "nothing"), made.nothing, None, None
    before = source_bodies.made_by(db, name, made.message.key) if made.message.key else None
    if before is None:
        return _first(db, project, name, made, now)
    _say_consent(db, name, made, now)
    known, version = before.version, made.message.version
    if version is None or known is None or version == known:
        return "same", None, None, None
    if version < known:
        return "older", None, None, None
    source_bodies.renew(db, before, version, made.data)
    return "renewed", None, None, None


def _first(
    db: Connection, project: Project, name: str, made: Became, now: int
) -> tuple[str, str | None, int | None, int | None]:
    outside = (
        f"{name}:{made.message.key or made.message.delivery}" if made.message.key or made.message.delivery else None
    )
    item = IncomingEvent(made.event or "", _contact(name, made), made.data, None, outside)
    try:
        taken, contact, event = events.take_one(db, project, item, now)
    except BadValue as error:
        return "nothing", str(error), None, None
    if taken.status != "accepted":
        return ("same" if taken.status == "duplicate" else "nothing"), taken.reason, contact, None
    return "event", None, contact, event


def _contact(name: str, made: Became) -> dict[str, Any]:
    who = made.person
    found: dict[str, Any] = {
        **who.fields,
        **({"phone": who.phone} if who.phone else {}),
        **({"key": who.key} if who.key else {}),
    }
    if who.consent is not None:
        found["consent"] = {"status": who.consent, "source": f"source {name}"}
        if who.consent_at is not None:
            found["consent"]["at"] = datetime.fromtimestamp(who.consent_at / 1000, UTC).isoformat()
    return found


def _say_consent(db: Connection, name: str, made: Became, now: int) -> bool:
    """Whether it says something of consent; an opt-out that stands is not lifted by it."""
    who = made.person
    if who.consent is None or who.phone is None:
        return False
    at = min(now, who.consent_at or made.message.version or now)
    consents.record(db, [ConsentChange(who.phone, who.consent, f"source {name}", at)], now)
    return True
