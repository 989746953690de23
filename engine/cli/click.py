"""`click`: the person who got a message opens a link in it."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from engine.app import App
from engine.cli.shared import handset
from engine.cli.shared.common import FormatOption, ProjectOption, one_of, opened_as
from engine.cli.shared.output import Format, remark, say, say_json
from engine.errors import Refused, UsageError
from engine.messaging.link_previews import EARLY_MS
from engine.store import links
from engine.store.links import MessageLinks
from engine.store.states import MESSAGE_STATES, NEVER_LEFT
from engine.views.addresses import with_campaign


def click(
    ctx: typer.Context,
    message: Annotated[int, typer.Argument(metavar="MESSAGE", min=1, help="Its number: `leadoff messages` shows it.")],
    link: Annotated[
        str | None, typer.Argument(metavar="[LINK]", help="Its name; a message's only link needs none.")
    ] = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """Open a message's link as the person does who got it; of a simulator sender, while `run` runs.

    A message of a real provider is refused: only its phone opens its links.
    """
    with opened_as(App, ctx, project) as app:
        with app.database.reading() as db:
            found = links.of_message(db, message)
        if found is None:
            raise Refused(f"there is no message {message}", "`leadoff messages` lists them")
        _refuse_unread(message, found)
        web = handset.played(app, _sender(app, message, found)).web
        name = _link(message, found, link)
        _read_first(app, found)
        target = with_campaign(handset.open_link(web, found.codes[name]))
    if format is Format.json:
        say_json({"click": {"message": message, "link": name, "url": target}})
    else:
        say(f"{name} of message {message} → {target}")


def _sender(app: App, message: int, found: MessageLinks) -> str:
    if found.sender is None or found.sender not in app.deployed().project.senders:
        raise Refused(f"the sender of message {message} is not deployed any more: {found.sender or 'it had none'}")
    return found.sender


def _refuse_unread(message: int, found: MessageLinks) -> None:
    """What no phone got, nobody can open."""
    state = MESSAGE_STATES[found.status]
    if found.status in NEVER_LEFT:
        raise Refused(f"message {message} was not sent: {', '.join(filter(None, (state, found.reason)))}")
    if found.sent_at is None:
        raise Refused(
            f"message {message} is {state}: no phone has it, so nobody can open its links",
            "`leadoff messages` says when it leaves",
        )


def _link(message: int, found: MessageLinks, asked: str | None) -> str:
    names = list(found.codes)
    if not names:
        raise Refused(f"message {message} has no tracked link")
    if asked is None and len(names) > 1:
        raise UsageError(f"message {message} has {len(names)} links", f"name one: {', '.join(names)}")
    return one_of(asked, names, "link in it") if asked else names[0]


def _read_first(app: App, found: MessageLinks) -> None:
    """A link that is opened faster than a person reads is not counted as a click: wait until it would be."""
    assert found.sent_at is not None
    wait = app.clock.real_seconds(found.sent_at + EARLY_MS)
    if wait > 0:
        remark(f"it left just now: in {wait:.1f} s a person has read it")
        time.sleep(min(wait, EARLY_MS / 1000))
