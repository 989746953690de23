"""What a shop asks for about a person: to forget them, or to tell them what is stored.

Invariants: a webhook forgets one person at most, hands out no data, and erases no project: for these there is a notice with the command.
That somebody was forgotten is written down, without anything of the person, so that it can be shown.
"""

from __future__ import annotations

from engine.intake.mapping import Became
from engine.language.diagnostics.findings import counted
from engine.messaging.numbers import BadNumber, parse_written
from engine.sources.paths import value_of
from engine.store import forgetting, notices, source_bodies
from engine.store.database import Database
from engine.store.source_bodies import FORGOTTEN, NewMessage
from engine.store.sql import Connection


def answer(database: Database, name: str, made: Became, now: int) -> str:
    """Forget the person, or say what is asked for. Raises Refused while a message to the person is under way."""
    asked, said = made.privacy, made.message
    assert asked is not None
    given = {what: value_of(said.body, path) for what, path in asked.person.items()}
    named = {what: value for what, value in given.items() if isinstance(value, str)}
    with database.reading() as db:
        people = source_bodies.named(db, named.get("phone"), named.get("email"), named.get("key"))
    if asked.act == "forget":
        numbers = sorted({phone for _, phone in people} | _numbers(named.get("phone")))
        known = sum(forgetting.forget(database, phone, now, f"source {name}").known for phone in numbers)
        new = NewMessage(name, said.topic, said.delivery, "", None)
        database.write(lambda db: _note(db, new, named.get("email"), known, now))
        return FORGOTTEN
    do = [f"`leadoff contacts show {number} --all`" for _, number in people]
    do = do or ["nobody here has that number or address"]
    if not asked.person:
        do = [
            "nothing is erased by a webhook: `leadoff contacts forget NUMBER` forgets one, `leadoff contacts list` lists them;"
            " to erase all, stop `leadoff run` and delete the database that `leadoff doctor` names"
        ]
    subject = f"source:{name}:{said.topic}:{said.delivery or now}"
    note, contact = f"{asked.says}: {', '.join(do)}", people[0][0] if people else None
    database.write(lambda db: notices.add(db, "privacy", subject, contact, now, note))
    return "notice"


def _note(db: Connection, new: NewMessage, email: str | None, known: int, now: int) -> None:
    """What was done; bodies that named the person by the address alone go, too."""
    if email:
        source_bodies.forget_bodies(db, source_bodies.naming(db, [email]))
    done = f"forgot {counted(known, 'contact')}" if known else "nothing was stored of that person"
    source_bodies.note(db, new, FORGOTTEN, done, now)


def _numbers(phone: str | None) -> set[str]:
    """The number of a request, where it is one: somebody may have an opt-out without being a contact."""
    try:
        return {parse_written(phone).e164} if phone else set()
    except BadNumber:
        return set()
