"""GET /inbox and /inbox/{contact}: who wrote, and waits for a person? Answer, opt out, done.

Invariants: an answer is shown with its parts and its price before it is sent. A form carries the newest text that it was made with: what
came since is not done by it. It is sent once, however often its button is pressed, and not where another person has answered meanwhile.
"""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Depends, Response
from starlette.exceptions import HTTPException

from engine.contacts import consent
from engine.deploy.deployed import Deployed
from engine.errors import Refused
from engine.runtime import person_answers
from engine.runtime.person_answers import Answer, Draft
from engine.server.dashboard import conversation
from engine.server.dashboard.desk import Desk, Form, Page
from engine.server.dashboard.links import RowId
from engine.server.dashboard.visitor import Visitor
from engine.store import contacts, threads
from engine.store.contacts import ConsentChange
from engine.store.queries.timeline import timeline_of
from engine.store.sql import Connection, Row
from engine.store.threads import Place

HERE = "/inbox"
LONGEST_FORM = 64
"""Characters of a form's own value."""


def routes(desk: Desk) -> APIRouter:
    router = desk.router()

    @router.get(HERE)
    def inbox(done: bool = False, before: str = "", by: Visitor = Depends(desk.visitor)) -> Response:
        behind = _place(before)
        with desk.page("inbox.html", HERE, by) as page:
            found = threads.listing(page.db, done, behind)
            rows = found[: threads.ROWS]
            older = _behind(rows[-1], done) if len(found) > len(rows) else None
            return page.render(rows=rows, done=done, older=older, first=behind is None)

    @router.get(HERE + "/{contact}")
    def thread(contact: RowId, by: Visitor = Depends(desk.visitor)) -> Response:
        with desk.page("thread.html", HERE, by) as page:
            return page.render(**_about(desk, page, contact), draft=None, typed="", meanwhile=False)

    _answering(router, desk)
    _finishing(router, desk)
    return router


def _answering(router: APIRouter, desk: Desk) -> None:
    app, operator = desk.app, desk.form("operator")

    @router.post(HERE + "/{contact}")
    def look(contact: RowId, form: Form = Depends(operator)) -> Response:
        """The answer as it would be sent; nothing is sent."""
        return _drafted(desk, contact, form)

    @router.post(HERE + "/{contact}/answer")
    def answer(contact: RowId, form: Form = Depends(operator)) -> Response:
        deployed, now = app.deployed(), app.clock.now()
        said = Answer(
            contact, form.fields.get("text", ""), _own(form), form.fields.get("after", ""), form.whole("up_to"),
            form.by.name,
        )  # fmt: skip
        try:
            if not app.database.write(lambda db: person_answers.write_answer(db, deployed, said, now, app.only_to)):
                return _drafted(desk, contact, form, meanwhile=True)
        except Refused as error:
            return _drafted(desk, contact, form, refused=error.message)
        desk.wake()
        return desk.go(f"{HERE}/{contact}")

    @router.get(HERE + "/{contact}/answer")
    def at_its_address(contact: RowId, by: Visitor = Depends(desk.visitor)) -> Response:
        """The page of an answer that was refused stands here, and asks for what is new; so does who reloads it."""
        return desk.go(f"{HERE}/{contact}")


def _finishing(router: APIRouter, desk: Desk) -> None:
    app, operator = desk.app, desk.form("operator")

    def finish(db: Connection, contact: RowId, form: Form, what: str) -> None:
        note = f"{what} by {form.by.name}" + (f": {form.reason}" if form.reason else "")
        person_answers.set_done(db, contact, form.whole("up_to"), note, app.clock.now())

    @router.post(HERE + "/{contact}/done")
    def done(contact: RowId, form: Form = Depends(operator)) -> Response:
        app.database.write(lambda db: finish(db, contact, form, "set as done"))
        return desk.go(HERE)

    @router.post(HERE + "/{contact}/no-stop")
    def no_stop(contact: RowId, form: Form = Depends(operator)) -> Response:
        app.database.write(lambda db: finish(db, contact, form, "found to be no STOP"))
        return desk.go(HERE)

    @router.post(HERE + "/{contact}/stop")
    def stop(contact: RowId, form: Form = Depends(operator)) -> Response:
        """What the person wrote is the proof."""

        def write(db: Connection) -> None:
            threads.lock(db, contact)
            person, _ = person_answers.known(db, contact)
            text = threads.doubtful_text(db, contact)
            proof = "; ".join(filter(None, (f"“{text[:200]}”" if text else "", form.reason)))
            change = ConsentChange(person.phone, "unsubscribed", form.source, app.clock.now(), proof or None)
            consent.record(db, [change], app.clock.now())
            finish(db, contact, form, "opted out")

        app.database.write(write)
        desk.wake()
        return desk.go(HERE)


def _place(before: str) -> Place | None:
    """Raises HTTPException (422)."""
    if not before:
        return None
    parts = before.split(".")
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in parts):
        raise HTTPException(422, "this address cannot be read")
    return Place(int(parts[0]), int(parts[1]))


def _behind(row: Row, done: bool) -> str:
    """The address of what comes behind that row."""
    return f"{HERE}?before={row['may_be_stop']}.{row['last_event']}" + ("&done=1" if done else "")


def _own(form: Form) -> str:
    """The value of this very form. Raises HTTPException (422)."""
    own = form.fields.get("form", "")
    if not 1 <= len(own) <= LONGEST_FORM or not own.isascii() or not own.isprintable():
        raise HTTPException(422, "form: the value that its page gave it is missing")
    return own


def _drafted(desk: Desk, contact: RowId, form: Form, meanwhile: bool = False, refused: str | None = None) -> Response:
    """The conversation as it is now, with the answer that is being written. `meanwhile`: another person has answered. `refused`: why
    nothing was sent."""
    typed = form.fields.get("text", "")
    with desk.page("thread.html", HERE, form.by) as page:
        about = _about(desk, page, contact)
        draft: Draft | None = None
        wrong = refused
        try:
            if page.deployed is None:
                raise Refused("nothing is deployed")
            draft = person_answers.draft(page.db, page.deployed, about["person"], about["thread"], typed)
        except Refused as error:
            wrong = wrong or error.message
        return page.render(**{**about, "wrong": wrong}, draft=draft, typed=typed, meanwhile=meanwhile)


def _about(desk: Desk, page: Page, contact: int) -> dict[str, Any]:
    person, thread = person_answers.known(page.db, contact)
    who = contacts.with_ids(page.db, [contact])[contact]
    moments = timeline_of(page.db, who)[-conversation.MOST :]
    return {
        "who": who,
        "person": person,
        "thread": thread,
        "bubbles": list(conversation.bubbles(moments)),
        "outlook": _outlook(desk, page.deployed, person, thread, page.now),
        "form": secrets.token_urlsafe(16),
        "wrong": None,
    }


def _outlook(
    desk: Desk, deployed: Deployed | None, person: Any, thread: threads.Thread, now: int
) -> person_answers.Outlook:
    if deployed is None:
        return person_answers.Outlook("nothing is deployed", None, False)
    return person_answers.outlook(deployed, person, thread, now, desk.app.only_to)
