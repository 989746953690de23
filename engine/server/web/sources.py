"""POST /sources/{name}: what a shop sends.

Invariants: the signature is checked on the body as it came, before anything looks into it; 2xx is answered only after the commit. A request
to forget a person is done before it is remembered, so that one that could not be done comes again.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from engine.app import App
from engine.intake import from_sources
from engine.server.web.backpressure import EventBacklog, RequestSlots
from engine.server.web.request_bodies import BodyRoom
from engine.sources.bodies import LARGEST
from engine.sources.kinds import secret_variables
from engine.sources.signatures import lower


def routes(app: App, wake: Callable[[], None], slots: RequestSlots, room: BodyRoom, backlog: EventBacklog) -> APIRouter:
    router = APIRouter(prefix="/sources", include_in_schema=False)

    @router.post("/{name}")
    async def received(name: str, request: Request) -> Response:
        with slots.one():
            async with room.body(request, lambda body: LARGEST, "a webhook") as body:
                return await run_in_threadpool(take, name, lower(request.headers.items()), body)

    def take(name: str, headers: dict[str, str], body: bytes) -> Response:
        project, now = app.deployed().project, app.clock.now()
        source = project.sources.get(name)
        if source is None:
            raise HTTPException(404, "there is no such source")
        if source.bodies.is_ping(headers, body):
            return Response(status_code=200)
        secrets = [app.environ.get(variable, "") for variable in secret_variables(name)]
        wrong = source.bodies.refused(secrets, headers, body, now)
        if wrong is not None:
            from_sources.say_refused(app.database, name, wrong, now)
            raise HTTPException(401, wrong)
        if source.bodies.retries:
            backlog.refuse_when_full()
        from_sources.take(app.database, project, name, headers, body, now)
        wake()
        return Response(status_code=200)

    return router
