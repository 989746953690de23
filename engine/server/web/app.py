"""The site: all routes together.

Invariants: 2xx means stored (E2); only tracked links redirect; an endpoint that touches the database or the disk is a plain function,
so that it blocks a thread of the pool and never the loop. A request to /v1 is checked in this order: token and scope, rate, a free
slot, size, shape; a request that fails one check costs nothing of the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI

from engine.app import App
from engine.senders.sender import Callbacks
from engine.server.dashboard import site as dashboard
from engine.server.dashboard.desk import Desk
from engine.server.metrics import Metrics
from engine.server.readiness import Beat
from engine.server.web import (
    api_contacts,
    api_coupons,
    api_deployment,
    api_events,
    api_listings,
    api_status,
    callbacks,
    health,
    media,
    metrics,
    picture_page,
    sources,
)
from engine.server.web.auth import TokenAuth
from engine.server.web.backpressure import EventBacklog, RequestSlots, TokenBuckets
from engine.server.web.openapi import describe
from engine.server.web.problem_details import install
from engine.server.web.request_bodies import BodyRoom

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def create(
    app: App,
    heartbeat: Beat,
    wake: Callable[[], None],
    senders: Mapping[str, Callbacks],
    lifespan: Lifespan | None = None,
    counted: Metrics | None = None,
    ending: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """`wake` is called after every commit that gives the engine something to do; `senders` may change while the site runs.

    `ending`: whether the daemon stops.
    """
    counted = counted or Metrics()
    auth, slots, room = TokenAuth(app.database, TokenBuckets()), RequestSlots(), BodyRoom()
    backlog, desk = EventBacklog(app.database), Desk(app, heartbeat, room, wake)
    site = FastAPI(docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan)
    for routes in (  # the first ones: routes are tried in order, and these get the most requests
        api_events.routes(app, wake, auth, slots, room, backlog),
        api_contacts.routes(app, wake, auth, slots, room),
        api_coupons.routes(app, auth, slots, room),
        api_listings.routes(app, auth),
        api_deployment.routes(app, auth),
        api_status.routes(app, auth),
        callbacks.routes(app, wake, senders, room),
        sources.routes(app, wake, slots, room, backlog),
        media.routes(app, wake, counted),
        picture_page.routes(app),
        health.routes(app, heartbeat),
        metrics.routes(app, counted),
        dashboard.routes(desk, ending),
    ):
        site.router.routes += routes.routes  # `include_router` would analyse each of them once more
    describe(site)
    install(site, desk.lost)
    return site
