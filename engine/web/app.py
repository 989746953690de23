"""The site: all routes together.

Rules kept here: 2xx means stored (E2); no redirect of our own but a tracked link's; endpoints that touch the database or the disk are
plain functions, so they hold up a thread of the pool and never the loop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from fastapi import FastAPI

from engine.senders.sender import Callbacks
from engine.web import api, callbacks, health, media, openapi, picture, problems

if TYPE_CHECKING:
    from engine.app import App

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create(
    app: App,
    heartbeat: health.Beat,
    wake: Callable[[], None],
    senders: Mapping[str, Callbacks],
    lifespan: Lifespan | None = None,
) -> FastAPI:
    """`wake` is called after every commit; `senders` is looked up anew for every callback, so it may change meanwhile."""
    site = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    site.include_router(api.routes(app, wake))  # the first: routes are tried in order, and this is where the load is
    site.include_router(callbacks.routes(app.database, app.clock, wake, senders, app.deployed), include_in_schema=False)
    site.include_router(media.routes(app.database, app.clock, wake, app.media_dir), include_in_schema=False)
    site.include_router(picture.routes(app.deployed), include_in_schema=False)
    site.include_router(health.routes(app.database, app.clock, heartbeat), include_in_schema=False)
    openapi.describe(site)
    problems.install(site)
    return site
