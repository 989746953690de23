"""GET /healthz: the process lives. GET /readyz: it works, else 503 and why.

Invariants: /healthz asks nobody, so it answers while everything else waits for the database; /readyz tries what the engine
needs: a heartbeat that beats, a database that takes a write (only a write shows that a disk is full), and senders that send what is due.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from engine.clock import Clock
from engine.delivery.stalled import stalled
from engine.deploy.deployed import Deployed
from engine.deploy.stored_pictures import waited_for
from engine.errors import Refused, Unavailable
from engine.server.web.problem_details import problem
from engine.store.database import Database

LATE_SECONDS = 30.0


class Beat(Protocol):
    """What is asked of the heartbeat."""

    healthy: bool
    last_beat: int | None  # UTC ms


def routes(
    database: Database, clock: Clock, heartbeat: Beat, deployed: Callable[[], Deployed], media_dir: Path
) -> APIRouter:
    router = APIRouter()

    @router.api_route("/healthz", methods=["GET", "HEAD"])
    async def healthz() -> Response:
        return JSONResponse({"status": "alive"})

    @router.api_route("/readyz", methods=["GET", "HEAD"])
    def readyz() -> Response:
        now = clock.now()
        reasons = [reason for reason in (_beats(heartbeat, clock), _takes_a_write(database, now)) if reason]
        reasons += _stuck(database, deployed, media_dir, now)
        if reasons:
            return problem(503, "not ready", reasons=reasons)
        return JSONResponse({"status": "ready"})

    return router


def _beats(heartbeat: Beat, clock: Clock) -> str | None:
    if not heartbeat.healthy:
        return "the last tick failed"
    if heartbeat.last_beat is None:
        return "there was no tick yet"
    now = clock.now()
    # As long as it takes until the same time has passed once more: real seconds, also on a clock that runs faster.
    if clock.real_seconds(now + now - heartbeat.last_beat) > LATE_SECONDS:
        return f"there was no tick for {LATE_SECONDS:.0f} s"
    return None


def _takes_a_write(database: Database, now: int) -> str | None:
    try:
        database.probe(now)
    except Unavailable:
        return "the database cannot be written"
    return None


def _stuck(database: Database, deployed: Callable[[], Deployed], media_dir: Path, now: int) -> list[str]:
    try:
        found = deployed()
        with database.reading() as db:
            waiting = waited_for(db, media_dir)
            pictures = [f"{waiting} messages wait for a picture that is gone: `leadoff doctor`"] if waiting else []
            return [*stalled(db, found, now), *pictures]
    except Refused:
        return ["nothing is deployed"]
    except (Unavailable, sqlite3.Error):
        return ["the database cannot be read"]
