"""GET /healthz: the process lives. GET /readyz: it works, else 503 and why.

Invariants: /healthz reads nothing, so it answers while everything else waits for the database.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from engine.app import App
from engine.server.readiness import Beat, daemons, reasons
from engine.server.web.problem_details import problem


def routes(app: App, heartbeat: Beat) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> Response:
        return JSONResponse({"status": "alive"})

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    def readyz() -> Response:
        why = list(reasons(app, heartbeat))
        others: dict[str, Any] = {} if app.lock.alone else {"daemons": daemons(app)}
        if why:
            return problem(503, "not ready", reasons=why, **others)
        return JSONResponse({"status": "ready", **others})

    return router
