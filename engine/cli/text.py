"""`text`: a text from a person's phone to a simulator sender."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.app import App
from engine.cli.shared import handset
from engine.cli.shared.common import FormatOption, ProjectOption, known_contact, one_of, opened_as
from engine.cli.shared.output import Format, remark, say, say_json
from engine.errors import Refused, UsageError
from engine.language.model.project import Project
from engine.messaging import keywords, numbers
from engine.messaging.numbers import BadNumber, Number, masked
from engine.store import contacts
from engine.store.queries import outcomes
from engine.store.sql import Connection

LONGEST = 1_600  # characters, as the providers deliver at most


def text(
    ctx: typer.Context,
    who: Annotated[str, typer.Argument(metavar="PHONE", help="Who texts: a number with its +, or a contact's key.")],
    words: Annotated[str, typer.Argument(metavar="TEXT")],
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="SENDER", help="Default: the one that texted this number last, else its country's."
        ),
    ] = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """Text a simulator sender as a person's phone does, while `run` runs.

    A sender of a real provider is refused: only real phones text it.
    """
    if not words.strip() or len(words) > LONGEST:
        raise UsageError(f"a text has from 1 to {LONGEST:,} characters", 'leadoff text +12025550143 "YES"')
    with opened_as(App, ctx, project) as app:
        deployed = app.deployed().project
        with app.database.reading() as db:
            number = _number(db, who)
            name = one_of(to, sorted(deployed.senders), "sender") if to else _sender(db, deployed, number)
        sender = handset.played(app, name)
        handset.send_text(app, sender, number.e164, words)
    heard = keywords.heard(words).kind
    if format is Format.json:
        say_json({"text": {"from": number.e164, "to": sender.profile.number, "sender": name, "read_as": heard}})
        return
    say(
        f"{masked(number.e164)} → {name} ({sender.profile.number}): {words}"
        + (f" (read as {heard.upper()})" if heard else "")
    )
    remark(f"`leadoff explain {who}` shows what follows")


def _number(db: Connection, who: str) -> Number:
    """Raises UsageError, Refused."""
    if not who.startswith("+"):
        return numbers.parse(known_contact(db, who).phone)
    try:
        return numbers.parse(who)
    except BadNumber as error:
        raise UsageError(f"{who} is no phone: {error}") from error


def _sender(db: Connection, project: Project, number: Number) -> str:
    """Whom the person answers: the sender of the last text; else the first that serves the country."""
    known = contacts.of_phone(db, number.e164)
    last = outcomes.last_sender(db, known.id) if known is not None else None
    if last is not None and last in project.senders:
        return last
    for name, profile in project.senders.items():
        if number.region in profile.countries:
            return name
    raise Refused(f"no sender serves {number.region}, and none has texted this number", "--to names a sender")
