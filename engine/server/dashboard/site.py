"""All routes of the dashboard."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from engine.server.dashboard import files, sign_in
from engine.server.dashboard.desk import Desk
from engine.server.dashboard.drawings import Drawings
from engine.server.dashboard.live import Live
from engine.server.dashboard.pages import deployments, flows, hold, inbox, messages, people, pictures, system, today
from engine.server.dashboard.visitor import Visitor

PAGES = (today, hold, inbox, messages, people, deployments, system)
DRAWN = (flows, pictures)


def routes(desk: Desk, ending: Callable[[], bool]) -> APIRouter:
    """`ending`: whether the daemon stops, so that streams end."""
    app = desk.app
    drawings, router = Drawings(app), APIRouter()
    for part in (
        files.routes(),
        sign_in.routes(desk),
        _live(desk, Live(app.database, app.clock.now, ending, desk.shared.forget)),
        *(page.routes(desk) for page in PAGES),
        *(drawn.routes(desk, drawings) for drawn in DRAWN),
    ):
        router.routes += part.routes
    return router


def _live(desk: Desk, live: Live) -> APIRouter:
    router = desk.router()

    def place(by: Visitor = Depends(desk.visitor)) -> str:
        if live.is_full:
            raise HTTPException(503, "too many pages are open", {"Retry-After": "30"})
        if live.has_all_of(by.session):
            raise HTTPException(503, "you have too many pages open: close some", {"Retry-After": "30"})
        return by.session

    @router.get("/live", response_class=EventSourceResponse)
    async def stream(
        since: str = "", last_event_id: str = Header(""), session: str = Depends(place)
    ) -> AsyncIterator[ServerSentEvent]:
        async for event in live.stream(session, last_event_id or since):
            yield event

    return router
