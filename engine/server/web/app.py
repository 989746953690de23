"""The site: all routes together.

Invariants: 2xx means stored (E2); no redirect of our own but a tracked link's; endpoints that touch the database or the disk are
plain functions, so they hold up a thread of the pool and never the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from engine.senders.sender import Callbacks
from engine.server.metrics import Metrics
from engine.server.web import api, callbacks, health, media, metrics, openapi, picture_page, problem_details
from engine.server.web.request_bodies import BodyRoom

if TYPE_CHECKING:
    from engine.app import App

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create(
    app: App,
    heartbeat: health.Beat,
    wake: Callable[[], None],
    senders: Mapping[str, Callbacks],
    lifespan: Lifespan | None = None,
    counted: Metrics | None = None,
) -> FastAPI:
    """`wake` is called after every commit; `senders` is looked up anew for every callback, so it may change meanwhile."""
    counted = counted or Metrics()
    room = BodyRoom()
    site = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    site.include_router(
        api.routes(app, wake, room)
    )  # the first: routes are tried in order, and this is where the load is
    for routes in (
        callbacks.routes(app.database, app.clock, wake, senders, app.deployed, room),
        media.routes(app.database, app.clock, wake, app.media_dir, counted),
        picture_page.routes(app.deployed),
        health.routes(app.database, app.clock, heartbeat, app.deployed, app.media_dir),
        metrics.routes(app.database, app.clock, app.deployed, counted),
    ):
        site.include_router(routes, include_in_schema=False)
    openapi.describe(site)
    problem_details.install(site)
    return site
