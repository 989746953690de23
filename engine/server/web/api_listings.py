"""GET /v1/runs, /v1/messages and /v1/flows: the listings of the command line, in pages.

Invariants: the oldest first, and a page goes on behind the last row of the one before, so rows that come in meanwhile move nothing; a
filter that names nothing is refused, not answered with nothing.
"""

from __future__ import annotations

import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from engine.deploy.summary import Summary
from engine.language.diagnostics.findings import or_nearest
from engine.server.web.auth import TokenAuth
from engine.server.web.openapi import problems
from engine.server.web.responses import FlowPage, MessagePage, RunPage, answer
from engine.store import contacts, interned_names
from engine.store.queries.listings import ListingFilter
from engine.store.sql import Row
from engine.store.states import MESSAGE_STATES, RUN_STATES
from engine.views import public_rows

if TYPE_CHECKING:
    from engine.app import App

MOST_ROWS = 1_000
Listing = Callable[[sqlite3.Connection, ListingFilter, Summary | None], list[Row]]


class _Pages(BaseModel):
    model_config = ConfigDict(extra="forbid")
    limit: int = Field(100, ge=1, le=MOST_ROWS)
    cursor: str | None = Field(None, max_length=64, description="`next` of the page before.")


class _Filter(_Pages):
    contact: str | None = Field(None, description="A key, or a phone number.")
    flow: str | None = None


class RunFilter(_Filter):
    status: str | None = Field(None, json_schema_extra={"enum": [*RUN_STATES]})


class MessageFilter(_Filter):
    status: str | None = Field(None, json_schema_extra={"enum": [*MESSAGE_STATES]})


class FlowFilter(_Pages):
    flow: str | None = None


def routes(app: App, doors: TokenAuth) -> APIRouter:
    router = APIRouter(tags=["listings"], dependencies=[Depends(doors.open_to("read"))])

    def page(name: str, keys: Sequence[str], listing: Listing, asked: _Pages, states: Sequence[str] = ()) -> Response:
        summary = app.deployed().summary
        with app.database.reading() as db:
            rows = listing(db, _wanted(db, asked, states), summary)
        found = public_rows.only(keys, rows[: asked.limit])
        return answer({name: found, "next": cursor_of(found[-1]["id"]) if len(rows) > asked.limit else None})

    @router.get("/runs", response_model=RunPage, responses=problems(422))
    @router.head("/runs", include_in_schema=False)
    def runs(asked: Annotated[RunFilter, Query()]) -> Response:
        """Runs, and the step each is at. Runs of automatic replies are left out unless their flow is asked for."""
        return page("runs", public_rows.RUN_KEYS, public_rows.runs, asked, RUN_STATES)

    @router.get("/messages", response_model=MessagePage, responses=problems(422))
    @router.head("/messages", include_in_schema=False)
    def messages(asked: Annotated[MessageFilter, Query()]) -> Response:
        """Every message and what became of it."""
        return page("messages", public_rows.MESSAGE_KEYS, public_rows.messages, asked, MESSAGE_STATES)

    @router.get("/flows", response_model=FlowPage, responses=problems(422))
    @router.head("/flows", include_in_schema=False)
    def flows(asked: Annotated[FlowFilter, Query()]) -> Response:
        """Every flow that was ever deployed, with how many runs wait in it or are parked."""
        return page("flows", public_rows.FLOW_KEYS, public_rows.flows, asked)

    return router


def cursor_of(id: int) -> str:
    return urlsafe_b64encode(str(id).encode()).decode().rstrip("=")


def id_of(cursor: str) -> int:
    try:
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if text.isdecimal() and len(text) < 19 and cursor_of(int(text)) == cursor:
            return int(text)
    except ValueError:
        pass
    raise HTTPException(422, "cursor: Leadoff did not return it")


def _wanted(db: sqlite3.Connection, asked: _Pages, states: Sequence[str]) -> ListingFilter:
    """One row more than asked for: it says whether there is a next page."""
    contact, flow, status = (getattr(asked, name, None) for name in ("contact", "flow", "status"))
    flows = interned_names.load(db).flow_ids if flow is not None else {}
    return ListingFilter(
        None if contact is None else _contact(db, contact),
        None if flow is None else flows[_one_of("flow", flow, list(flows))],
        None if status is None else states.index(_one_of("status", status, states)),
        asked.limit + 1,
        after=None if asked.cursor is None else id_of(asked.cursor),
    )


def _contact(db: sqlite3.Connection, name: str) -> int:
    found = contacts.one(db, name)
    if found is None:
        raise HTTPException(422, "contact: there is no such contact")
    return found.id


def _one_of(what: str, word: str, choices: Sequence[str]) -> str:
    if word not in choices:
        raise HTTPException(422, f"{what}: there is none with this name{or_nearest(word, choices)}")
    return word
