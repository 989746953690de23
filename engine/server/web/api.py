"""/v1: events from outside, contacts, listings; what each of them does stands in api_events, api_contacts and api_listings.

Invariants: a request passes in this order: token and scope, rate, a free slot, size, shape; what fails at one of them has cost
nothing of the next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fastapi import APIRouter

from engine.server.web import api_contacts, api_events, api_listings
from engine.server.web.auth import TokenAuth
from engine.server.web.backpressure import EventBacklog, RequestSlots, TokenBuckets
from engine.server.web.request_bodies import BodyRoom

if TYPE_CHECKING:
    from engine.app import App


def routes(app: App, wake: Callable[[], None], room: BodyRoom) -> APIRouter:
    """`wake` is called after every commit that gives the engine something to do."""
    router = APIRouter(prefix="/v1")
    doors, slots = TokenAuth(app.database, TokenBuckets()), RequestSlots()
    router.include_router(api_events.routes(app, wake, doors, slots, room, EventBacklog(app.database)))
    router.include_router(api_contacts.routes(app, wake, doors, slots, room))
    router.include_router(api_listings.routes(app, doors))
    return router
