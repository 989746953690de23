"""GET /messages and /messages/{id}: what became of it? POST /messages/{id}/settle: a person says what became of an unknown one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from engine.delivery.resolve import BY_HAND, resolve
from engine.errors import NotFound
from engine.server.dashboard.desk import Desk, Form, Page
from engine.server.dashboard.links import RowId, address, next_page
from engine.server.dashboard.visitor import Visitor
from engine.store.queries import newest
from engine.store.queries.newest import Wanted
from engine.store.states import MESSAGE_STATES

HERE = "/messages"


class Filter(BaseModel):
    model_config = ConfigDict(extra="ignore")
    flow: str = Field("", max_length=200)
    status: str = Field("", max_length=20)
    before: RowId | None = Field(None, ge=1)


def routes(desk: Desk) -> APIRouter:
    router, app, operator = desk.router(), desk.app, desk.form("operator")

    @router.get(HERE)
    def messages(wanted: Annotated[Filter, Query()], by: Visitor = Depends(desk.visitor)) -> Response:
        with desk.page("messages.html", HERE, by) as page:
            flows = newest.flows_of_authors(page.db)
            found = newest.messages(page.db, _wanted(wanted, flows))
            return page.render(
                rows=found.rows,
                older=next_page(HERE, wanted, found.further),
                first=address(HERE, wanted) if wanted.before else None,
                flows=list(flows),
                states=MESSAGE_STATES,
                wanted=wanted,
            )

    @router.get(HERE + "/{id}")
    def message(id: RowId, by: Visitor = Depends(desk.visitor)) -> Response:
        with desk.page("message.html", HERE, by) as page:
            return page.render(message=_one(page, id))

    @router.post(HERE + "/{id}/settle")
    def settle(id: RowId, form: Form = Depends(operator)) -> Response:
        answer = form.fields.get("as", "")
        if answer not in BY_HAND:
            raise HTTPException(422, "as: accepted or lost")
        resolve(app.database, id, answer, app.clock.now(), form.by.name, form.reason)
        desk.wake()
        return desk.go(f"{HERE}/{id}")

    return router


def _wanted(asked: Filter, flows: dict[str, int]) -> Wanted:
    if asked.flow and asked.flow not in flows:
        raise NotFound("there is no flow with this name")
    if asked.status and asked.status not in MESSAGE_STATES:
        raise NotFound("no message has such a state")
    return Wanted(
        flow=flows.get(asked.flow) if asked.flow else None,
        status=MESSAGE_STATES.index(asked.status) if asked.status else None,
        before=asked.before,
    )


def _one(page: Page, id: int) -> dict[str, object]:
    found = newest.message(page.db, id) if 0 < id < 2**62 else None
    if found is None:
        raise NotFound(f"there is no message {id}", "it may be gone with its contact, or by the project's retention")
    return found
