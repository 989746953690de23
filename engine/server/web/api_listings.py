"""GET /v1/runs, /v1/messages and /v1/flows: the listings of the command line, in pages.

Invariants: the oldest row is first, and a page starts behind the last row of the page before, so new rows shift nothing; a
filter with an unknown name is refused, not answered with an empty page.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from engine.app import App
from engine.deploy.summary import Summary
from engine.language.diagnostics.findings import or_nearest
from engine.server.web.auth import TokenAuth
from engine.server.web.openapi import problems
from engine.server.web.responses import FlowPage, MessagePage, RunPage, answer
from engine.store import contacts, interned_names
from engine.store.queries.listings import ListingFilter
from engine.store.sql import Connection, Row
from engine.store.states import MESSAGE_STATES, RUN_STATES
from engine.views import public_rows

MOST_ROWS = 1_000
Listing = Callable[[Connection, ListingFilter, Summary | None], list[Row]]


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


def routes(app: App, auth: TokenAuth) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["listings"], dependencies=[Depends(auth.require("read"))])

    def page(name: str, keys: Sequence[str], listing: Listing, wanted: _Pages, states: Sequence[str] = ()) -> Response:
        summary = app.deployed().summary
        with app.database.reading() as db:
            rows = listing(db, _filter(db, wanted, states), summary)
        found = public_rows.only(keys, rows[: wanted.limit])
        return answer({name: found, "next": cursor_of(found[-1]["id"]) if len(rows) > wanted.limit else None})

    @router.get("/runs", response_model=RunPage, responses=problems(422))
    @router.head("/runs", include_in_schema=False)
    def runs(wanted: Annotated[RunFilter, Query()]) -> Response:
        """Runs, and the step each is at. Runs of automatic replies are left out unless their flow is asked for."""
        return page("runs", public_rows.RUN_KEYS, public_rows.runs, wanted, RUN_STATES)

    @router.get("/messages", response_model=MessagePage, responses=problems(422))
    @router.head("/messages", include_in_schema=False)
    def messages(wanted: Annotated[MessageFilter, Query()]) -> Response:
        """Every message and its state."""
        return page("messages", public_rows.MESSAGE_KEYS, public_rows.messages, wanted, MESSAGE_STATES)

    @router.get("/flows", response_model=FlowPage, responses=problems(422))
    @router.head("/flows", include_in_schema=False)
    def flows(wanted: Annotated[FlowFilter, Query()]) -> Response:
        """Every flow that was ever deployed, with how many of its runs wait or are parked."""
        return page("flows", public_rows.FLOW_KEYS, public_rows.flows, wanted)

    return router


def cursor_of(id: int) -> str:
    return urlsafe_b64encode(str(id).encode()).decode().rstrip("=")


def id_of(cursor: str) -> int:
    with suppress(ValueError):
        text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        if text.isdecimal() and len(text) < 19 and cursor_of(int(text)) == cursor:
            return int(text)
    raise HTTPException(422, "cursor: Leadoff did not return it")


def _filter(db: Connection, wanted: _Pages, states: Sequence[str]) -> ListingFilter:
    """With one row more than the page has: it shows whether there is a next page."""
    contact, flow, status = (getattr(wanted, name, None) for name in ("contact", "flow", "status"))
    flows = interned_names.load(db).flow_ids if flow is not None else {}
    return ListingFilter(
        None if contact is None else _contact(db, contact),
        None if flow is None else flows[_one_of("flow", flow, list(flows))],
        None if status is None else states.index(_one_of("status", status, states)),
        wanted.limit + 1,
        after=None if wanted.cursor is None else id_of(wanted.cursor),
    )


def _contact(db: Connection, name: str) -> int:
    found = contacts.one(db, name)
    if found is None:
        raise HTTPException(422, "contact: there is no such contact")
    return found.id


def _one_of(what: str, word: str, choices: Sequence[str]) -> str:
    if word not in choices:
        raise HTTPException(422, f"{what}: there is none with this name{or_nearest(word, choices)}")
    return word
