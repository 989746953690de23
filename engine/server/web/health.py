"""GET /healthz: the process lives. GET /readyz: it works, else 503 and why.

Invariants: /healthz reads nothing, so it answers while everything else waits for the database; /readyz tries what the engine needs:
a heartbeat that ticks, a database that takes a write (only a write shows that a disk is full), and senders that send what is due.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Protocol

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from engine.app import App
from engine.delivery.stalled import stalled
from engine.deploy.stored_pictures import waited_for
from engine.errors import Refused, Unavailable
from engine.server.web.problem_details import problem

LATE_SECONDS = 30.0


class Beat(Protocol):
    """What /readyz reads of the heartbeat."""

    healthy: bool
    last_beat: int | None  # UTC ms


def routes(app: App, heartbeat: Beat) -> APIRouter:
    router = APIRouter()

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> Response:
        return JSONResponse({"status": "alive"})

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    def readyz() -> Response:
        reasons = list(_reasons(app, heartbeat))
        return problem(503, "not ready", reasons=reasons) if reasons else JSONResponse({"status": "ready"})

    return router


def _reasons(app: App, heartbeat: Beat) -> Iterator[str]:
    """Why the process is not ready."""
    now = app.clock.now()
    if not heartbeat.healthy:
        yield "the last tick failed"
    elif heartbeat.last_beat is None:
        yield "there was no tick yet"
    # As long as it takes until the same time has passed once more: real seconds, also on a clock that runs faster.
    elif app.clock.real_seconds(now + now - heartbeat.last_beat) > LATE_SECONDS:
        yield f"there was no tick for {LATE_SECONDS:.0f} s"
    try:
        app.database.probe(now)
    except Unavailable:
        yield "the database cannot be written"
    try:
        deployed = app.deployed()
        with app.database.reading() as db:
            yield from stalled(db, deployed, now)
            if waiting := waited_for(db, app.media_dir):
                yield f"{waiting} messages wait for a picture that is gone: `leadoff doctor`"
    except Refused:
        yield "nothing is deployed"
    except (Unavailable, sqlite3.Error):
        yield "the database cannot be read"
