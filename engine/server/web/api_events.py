"""POST /v1/events and /v1/flows/{flow}/start: events come in.

Invariants: 202 is answered only after the commit (E2); a list has a result for each of its events, so a bad event keeps no other
one out; a refused event still opts out the number that it names (C0).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from engine.app import App
from engine.contacts import documents, refused_opt_outs
from engine.deploy.deployed import Deployed
from engine.errors import NotFound
from engine.intake import events
from engine.intake.documents import Event, Start
from engine.intake.events import IncomingEvent, IntakeResult
from engine.language.diagnostics.findings import or_nearest
from engine.server.web.auth import TokenAuth
from engine.server.web.backpressure import EventBacklog, RequestSlots
from engine.server.web.openapi import body_of, problems
from engine.server.web.query_batching import QueryBatcher
from engine.server.web.request_bodies import BodyRoom, cap_of_lists, json_body, parsed, single
from engine.server.web.responses import Result, Results, answer

MOST_EVENTS = 1_000
_REFUSED = {"conflict": 409, "rejected": 422, "failed": 500}
_JOINED = {"id": "join-1", "event": "list.joined", "contact": {"phone": "+12025550143"}, "data": {"list": "vip"}}
_START = {"contact": {"phone": "+12025550143"}}
_BODY = body_of(Event, {"one": _JOINED, "several": [_JOINED, {**_JOINED, "id": "join-2"}]}, MOST_EVENTS)


def routes(
    app: App, wake: Callable[[], None], auth: TokenAuth, slots: RequestSlots, room: BodyRoom, backlog: EventBacklog
) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["events"], dependencies=[Depends(auth.require("events"))])

    def take(raws: Sequence[object]) -> list[IntakeResult]:
        backlog.refuse_when_full()
        taken = events.accept_documents(app.database, app.deployed().project, raws, app.clock.now())
        if any(each.status == "accepted" or each.opted_out for each in taken):
            wake()
        return taken

    batcher = QueryBatcher(take)

    @router.post(
        "/events",
        status_code=202,
        response_model=Result | Results,
        responses=problems(400, 408, 409, 413, 415, 422),
        openapi_extra=_BODY,
    )
    async def take_events(request: Request) -> Response:
        """Accept an event, or a list of at most 1,000. The same id of the same contact is accepted once in 30 days."""
        with slots.one():
            async with json_body(request, room, cap_of_lists) as body:
                raw = parsed(body)
                if not isinstance(raw, list):
                    return _single(await batcher.get(raw))
                if len(raw) > MOST_EVENTS:
                    why = f"a list has at most {MOST_EVENTS:,} events, this one has {len(raw):,}"
                    count = await run_in_threadpool(events.take_opt_outs, app.database, raw, app.clock.now())
                    raise HTTPException(422, f"{why}; {count} opt-outs in it are recorded" if count else why)
                return answer({"results": [_result(each) for each in await run_in_threadpool(take, raw)]}, 202)

    @router.post(
        "/flows/{flow}/start",
        status_code=202,
        response_model=Result,
        responses=problems(400, 404, 408, 409, 413, 415, 422),
        openapi_extra=body_of(Start, {"one": _START}),
    )
    def start(flow: str, body: bytes = Depends(single(slots, room))) -> Response:
        """Start a contact on a flow that has a manual trigger."""
        deployed, raw, now = app.deployed(), parsed(body), app.clock.now()
        backlog.refuse_when_full()
        opt_out = refused_opt_outs.in_json(raw.get("contact") if isinstance(raw, dict) else None, "event")
        with refused_opt_outs.counted(app.database, opt_out, now, wake):
            document = _start_document(deployed, flow, raw)
        item = IncomingEvent(
            flow, document.contact.model_dump(exclude_unset=True), document.data or {}, None, document.id, start=True
        )
        (taken,) = events.accept(app.database, deployed.project, [item], now)
        if taken.status == "accepted" or taken.opted_out:
            wake()
        return _single(taken)

    return router


def _start_document(deployed: Deployed, flow: str, raw: object) -> Start:
    """Raises NotFound, Refused, BadValue."""
    if flow not in deployed.programs:
        raise NotFound(f"there is no such flow{or_nearest(flow, deployed.programs)}")
    events.refuse_start(deployed.programs[flow])
    return documents.read(Start, raw)


def _single(taken: IntakeResult) -> Response:
    if taken.status in _REFUSED:
        raise HTTPException(_REFUSED[taken.status], taken.reason)
    return answer(_result(taken), 202)


def _result(taken: IntakeResult) -> dict[str, Any]:
    return {name: value for name, value in taken._asdict().items() if value}
