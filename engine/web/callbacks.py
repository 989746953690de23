"""What providers post to us: POST /callbacks/{sender}/status and /inbound.

Rules kept here: nothing is looked at before its size, nothing is stored before its signature; 204 is answered only after the commit,
so what a provider was told to be taken is on disk (E2); the decisions are the tick's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from engine.clock import Clock
from engine.deploy.deployed import Deployed
from engine.intake import inbound
from engine.senders.sender import Callbacks
from engine.store.database import Database
from engine.web import bodies

MOST_BYTES = bodies.MOST_BYTES


async def capped_body(request: Request) -> bytes:
    """The body; no more of it is read than the cap and one chunk."""
    return await bodies.capped(request, lambda body: MOST_BYTES, "a callback")


Body = Annotated[bytes, Depends(capped_body)]


def routes(
    database: Database,
    clock: Clock,
    wake: Callable[[], None],
    senders: Mapping[str, Callbacks],
    deployed: Callable[[], Deployed],
) -> APIRouter:
    router = APIRouter(prefix="/callbacks")

    @router.post("/{sender}/status")
    def status(sender: str, request: Request, body: Body) -> Response:
        now = clock.now()
        reports = _known(senders, sender).parse_status(request.headers, body, now)
        inbound.statuses(database, sender, reports, now)
        wake()
        return Response(status_code=204)

    @router.post("/{sender}/inbound")
    def texts(sender: str, request: Request, body: Body) -> Response:
        now = clock.now()
        received = _known(senders, sender).parse_inbound(request.headers, body, now)
        inbound.texts(database, received, now, deployed)
        wake()
        return Response(status_code=204)

    return router


def _known(senders: Mapping[str, Callbacks], name: str) -> Callbacks:
    found = senders.get(name)
    if found is None:
        raise HTTPException(404, "there is no such sender")
    return found
