"""What providers post to us: POST /callbacks/{sender}/status and /inbound.

Invariants: the size is checked before anything is read, the signature before anything is stored; 2xx is answered only after the commit,
so what was acknowledged to a provider is on disk (E2). The tick decides what follows.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from engine.app import App
from engine.intake import inbound
from engine.senders.sender import ACKNOWLEDGED, CallbackReply, CallbackRequest, Callbacks
from engine.server.web.request_bodies import MOST_BYTES, BodyRoom


def routes(app: App, wake: Callable[[], None], senders: Mapping[str, Callbacks], room: BodyRoom) -> APIRouter:
    router = APIRouter(prefix="/callbacks", include_in_schema=False)

    async def received(request: Request) -> AsyncIterator[CallbackRequest]:
        headers = {name: ", ".join(request.headers.getlist(name)) for name in request.headers}
        async with room.body(request, lambda body: MOST_BYTES, "a callback") as body:
            yield CallbackRequest(headers, body, request.scope["query_string"].decode("latin-1"))

    def known(name: str) -> Callbacks:
        found = senders.get(name)
        if found is None:
            raise HTTPException(404, "there is no such sender")
        return found

    @router.post("/{sender}/status")
    def status(sender: str, call: CallbackRequest = Depends(received)) -> Response:
        now = app.clock.now()
        reports = known(sender).parse_status(call, now)
        inbound.receive_statuses(app.database, sender, reports, now)
        wake()
        return _reply(ACKNOWLEDGED)

    @router.post("/{sender}/inbound")
    def texts(sender: str, call: CallbackRequest = Depends(received)) -> Response:
        now, callbacks = app.clock.now(), known(sender)
        inbound.receive_texts(app.database, callbacks.parse_inbound(call, now), now, app.deployed)
        wake()
        return _reply(callbacks.inbound_reply)

    return router


def _reply(reply: CallbackReply) -> Response:
    return Response(reply.body, reply.status, media_type=reply.kind)
