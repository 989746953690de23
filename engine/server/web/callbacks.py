"""What providers post to us: POST /callbacks/{sender}/status and /inbound.

Invariants: nothing is looked at before its size, nothing is stored before its signature; 2xx is answered only after the commit,
so what a provider was told to be taken is on disk (E2); the decisions are the tick's.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from engine.clock import Clock
from engine.deploy.deployed import Deployed
from engine.intake import inbound
from engine.senders.sender import ACKNOWLEDGED, CallbackReply, CallbackRequest, Callbacks
from engine.server.web.request_bodies import MOST_BYTES, BodyRoom
from engine.store.database import Database


def routes(
    database: Database,
    clock: Clock,
    wake: Callable[[], None],
    senders: Mapping[str, Callbacks],
    deployed: Callable[[], Deployed],
    room: BodyRoom,
) -> APIRouter:
    router = APIRouter(prefix="/callbacks")

    async def whole(request: Request) -> AsyncIterator[bytes]:
        async with room.body(request, lambda body: MOST_BYTES, "a callback") as body:
            yield body

    @router.post("/{sender}/status")
    def status(sender: str, request: Request, body: bytes = Depends(whole)) -> Response:
        now = clock.now()
        reports = _known(senders, sender).parse_status(_call(request, body), now)
        inbound.receive_statuses(database, sender, reports, now)
        wake()
        return _reply(ACKNOWLEDGED)

    @router.post("/{sender}/inbound")
    def texts(sender: str, request: Request, body: bytes = Depends(whole)) -> Response:
        now = clock.now()
        known = _known(senders, sender)
        received = known.parse_inbound(_call(request, body), now)
        inbound.receive_texts(database, received, now, deployed)
        wake()
        return _reply(known.inbound_reply)

    return router


def _call(request: Request, body: bytes) -> CallbackRequest:
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return CallbackRequest(headers, body, request.scope["query_string"].decode("latin-1"))


def _reply(reply: CallbackReply) -> Response:
    return Response(reply.body, reply.status, media_type=reply.kind)


def _known(senders: Mapping[str, Callbacks], name: str) -> Callbacks:
    found = senders.get(name)
    if found is None:
        raise HTTPException(404, "there is no such sender")
    return found
