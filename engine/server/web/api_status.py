"""GET /v1/status: what holds all messages, or lets them go to some numbers only; a dashboard shows it.

Invariants: counts and names without people; numbers are masked.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from engine import __version__
from engine.app import App
from engine.clock import instant
from engine.messaging.only_to import masked_list
from engine.server.web.auth import TokenAuth
from engine.server.web.openapi import problems
from engine.server.web.responses import Status, answer
from engine.store import holds, interned_names
from engine.store.queries import measures


def routes(app: App, auth: TokenAuth) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["deployment"], dependencies=[Depends(auth.require("read"))])

    @router.get("/status", response_model=Status, responses=problems())
    @router.head("/status", include_in_schema=False)
    def status() -> Response:
        """What is deployed, what is on hold or paused, and whether only some numbers are texted."""
        deployed = app.deployed()
        with app.database.reading() as db:
            flows = interned_names.load(db).flows
            found = {
                "version": __version__,
                "now": instant(app.clock.now()),
                "deployment": deployed.id,
                "commit": deployed.commit,
                "held_since": instant(holds.held_since(db)),
                "paused_flows": sorted(flows[flow] for flow in holds.paused(db)),
                "only_to": masked_list(app.only_to),
                "open_notices": measures.open_notices(db),
            }
        return answer(found)

    return router
