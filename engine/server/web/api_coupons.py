"""POST /v1/coupons/{name}: codes come into the pool of a coupon.

Invariants: 200 is answered only after the commit; a code that the pool cannot take keeps no other one out. No code is in an answer.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from engine.app import App
from engine.contacts import documents
from engine.errors import NotFound
from engine.intake import coupon_import
from engine.intake.documents import Codes
from engine.language.diagnostics.findings import or_nearest
from engine.language.model.coupons import fault_of
from engine.server.web.auth import TokenAuth
from engine.server.web.backpressure import RequestSlots
from engine.server.web.openapi import body_of, problems
from engine.server.web.request_bodies import MOST_BYTES_OF_A_LIST, BodyRoom, parsed, single
from engine.server.web.responses import CodesTaken, answer

_EXAMPLE = {"codes": ["SPRING-7F3K", "SPRING-9Q2M"]}


def routes(app: App, auth: TokenAuth, slots: RequestSlots, room: BodyRoom) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["coupons"], dependencies=[Depends(auth.require("events"))])

    whole = single(slots, room, MOST_BYTES_OF_A_LIST)

    @router.post(
        "/coupons/{name}",
        response_model=CodesTaken,
        responses=problems(400, 404, 408, 413, 415, 422),
        openapi_extra=body_of(Codes, {"two": _EXAMPLE}),
    )
    def take(name: str, body: bytes = Depends(whole)) -> Response:
        """Put codes into a pool, at most 10,000 a request. One that is there already stays where it is."""
        pools = app.deployed().project.coupons
        if name not in pools:
            raise NotFound(f"there is no such coupon{or_nearest(name, pools)}")
        codes = documents.read(Codes, parsed(body)).codes
        faults = [fault_of(code, pools[name].length) for code in codes]
        good = [code for code, fault in zip(codes, faults, strict=True) if fault is None]
        done = coupon_import.take(app.database, name, good, app.clock.now())
        rejected = [{"index": at, "reason": fault} for at, fault in enumerate(faults) if fault is not None]
        return answer({**done._asdict(), "rejected": rejected})

    return router
