"""What a shop asks for about a person: to forget them, or to tell them what is stored.

Invariants: a request forgets one person at most, whoever its number names, else its key, else its e-mail address where one contact has it;
it hands out no data, and erases no project: for these, and where it is not clear who is meant, there is a notice with the command.
That somebody was forgotten is written down, without anything of the person, so that it can be shown.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from engine.intake.mapping import Became
from engine.language.diagnostics.findings import counted
from engine.language.model.project import Project
from engine.messaging.numbers import BadNumber, parse_written
from engine.sources.bodies import word
from engine.sources.kind import Privacy
from engine.sources.paths import value_of
from engine.store import forgetting, notices, source_bodies
from engine.store.database import Database
from engine.store.source_bodies import FORGOTTEN, NewMessage
from engine.store.sql import Connection


class Named(NamedTuple):
    """Whom a request names, as far as it can be read. `written`: something stands where a number should."""

    phone: str | None
    email: str | None
    key: str | None
    written: bool


def answer(database: Database, project: Project, name: str, made: Became, now: int) -> str:
    """Forget the person, or say what is asked for. Raises Refused while a message to the person is under way."""
    asked, said = made.privacy, made.message
    assert asked is not None
    named = _named(project, made)
    with database.reading() as db:
        people = source_bodies.named(db, named.phone, named.email, named.key)
    unclear = _unclear(named, people) if asked.act == "forget" else None
    if asked.act == "forget" and unclear is None:
        numbers = {phone for _, phone in people} | ({named.phone} if named.phone else set())
        known = sum(forgetting.forget(database, phone, now, f"source {name}").known for phone in sorted(numbers))
        new = NewMessage(name, said.topic, said.delivery, "", None)
        database.write(lambda db: _note(db, new, named.email, known, now))
        return FORGOTTEN
    if unclear is not None:
        note, contact = f"{asked.says}: {unclear}", None
    else:
        note, contact = f"{asked.says}: {_to_do(asked, people)}", people[0][0] if people else None
    subject = f"source:{name}:{said.topic}:{said.delivery or now}"
    database.write(lambda db: notices.add(db, "privacy", subject, contact, now, note))
    return "notice"


def _to_do(asked: Privacy, people: Sequence[tuple[int, str]]) -> str:
    if not asked.person:
        return (
            "nothing is erased by a webhook: `leadoff contacts forget NUMBER` forgets one, `leadoff contacts list` lists them;"
            " to erase all, stop `leadoff run` and delete the database that `leadoff doctor` names"
        )
    return ", ".join(f"`leadoff contacts show {number} --all`" for _, number in people) or (
        "nobody here has that number or address"
    )


def _unclear(named: Named, people: Sequence[tuple[int, str]]) -> str | None:
    """Why nobody is forgotten by it; None where it is clear who is meant."""
    if len(people) > 1:
        do = ", ".join(f"`leadoff contacts forget {number}`" for _, number in people)
        return (
            f"{counted(len(people), 'contact')} have its e-mail address, and nobody is forgotten: {do} for who is meant"
        )
    if not people and named.phone is None and (named.written or not (named.email or named.key)):
        wrong = "its number cannot be read" if named.written else "it names nobody"
        return (
            f"{wrong}, and nobody is forgotten: look up who is meant in the shop, and `leadoff contacts forget NUMBER`"
        )
    return None


def _named(project: Project, made: Became) -> Named:
    assert made.privacy is not None
    given = {what: word(value_of(made.message.body, path)).strip() for what, path in made.privacy.person.items()}
    phone, email = given.get("phone", ""), given.get("email", "").lower()
    is_address = re.fullmatch(r"[^@\s]+@[^@\s]+", email)
    return Named(_number(project, phone), email if is_address else None, given.get("key") or None, bool(phone))


def _note(db: Connection, new: NewMessage, email: str | None, known: int, now: int) -> None:
    """What was done; bodies that named the person by the address alone go, too."""
    if email:
        source_bodies.forget_bodies(db, source_bodies.naming(db, [email]))
    done = f"forgot {counted(known, 'contact')}" if known else "nothing was stored of that person"
    source_bodies.note(db, new, FORGOTTEN, done, now)


def _number(project: Project, phone: str) -> str | None:
    """In E.164, where it is one, also as it is written in the project's countries; somebody may have an opt-out without being a contact."""
    found = set()
    for country in (None,) if phone.startswith("+") else project.countries:
        with suppress(BadNumber):
            found.add(parse_written(phone, country).e164)
    return found.pop() if len(found) == 1 else None
