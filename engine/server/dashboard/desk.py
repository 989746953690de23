"""What every page needs: who asks, the frame around it, the answer.

Invariants: an endpoint of a page is a plain function, in a thread of the pool. A page reads in one transaction, so that its numbers agree.
A few pages are made at a time: more would gain nothing, and each of them would have memory and a thread that others wait for.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any, NamedTuple

import anyio
from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from fastapi.sse import EventSourceResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from engine.app import App
from engine.deploy.deployed import Deployed
from engine.errors import LeadoffError, NotFound, Refused, Unavailable
from engine.messaging.only_to import masked_list
from engine.server.dashboard import forms, policy
from engine.server.dashboard.plots import Plots, plots_of
from engine.server.dashboard.proxies import Proxies
from engine.server.dashboard.rendering import environment, money
from engine.server.dashboard.shared_pages import SharedPages
from engine.server.dashboard.visitor import SignedOut, Visitor, visitor
from engine.server.readiness import Beat
from engine.server.web.request_bodies import BodyRoom
from engine.store import goals, holds, threads
from engine.store.deeds import By
from engine.store.person_actions import LONGEST_NOTE
from engine.store.queries import daily, measures, signs
from engine.store.sql import Connection

log = logging.getLogger("leadoff.web")
SEE_OTHER = 303
AT_A_TIME = 4
"""Pages."""


_Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Form(NamedTuple):
    """What a person sends, after all checks."""

    by: Visitor
    fields: forms.Fields

    @property
    def reason(self) -> str | None:
        return self.fields.get("reason", "").strip()[:LONGEST_NOTE] or None

    @property
    def source(self) -> str:
        """Of a consent that the person changes."""
        return f"dashboard: {self.by.name}"[:100]

    def whole(self, name: str) -> int:
        """A whole number. Raises HTTPException (422)."""
        text = self.fields.get(name, "")
        if not text.isascii() or not text.isdecimal() or len(text) > 18:
            raise HTTPException(422, f"{name}: not a whole number")
        return int(text)


class Desk:
    """Hands out what the endpoints depend on, and makes their answers."""

    def __init__(self, app: App, heartbeat: Beat, room: BodyRoom, wake: Callable[[], None]) -> None:
        self.app, self.heartbeat, self.room, self.wake = app, heartbeat, room, wake
        self.proxies = Proxies(app.environ)
        self.shared, self._room_for_pages = SharedPages(), anyio.Semaphore(AT_A_TIME)

    def router(self) -> APIRouter:
        """For pages: their errors are pages, too."""
        return APIRouter(route_class=_route_of(self), include_in_schema=False, dependencies=[Depends(self._door)])

    def _door(self, request: Request) -> None:
        self.proxies.address(request)
        if "\0" in request.scope["path"] or b"%00" in request.scope["query_string"]:  # no database looks for it
            raise HTTPException(400, "this address cannot be read")

    def visitor(self, request: Request) -> Visitor:
        """Depends(desk.visitor): raises SignedOut."""
        found: Visitor | None = getattr(request.state, "visitor", None)
        return found or visitor(request, self.app.database, self.public_url(), self.app.clock.now())

    async def answered(self, handler: _Handler, request: Request) -> Response:
        """Raises what the endpoint does. A form is not kept waiting: who sends it may do so slowly."""

        async def made(request: Request) -> Response:
            async with self._room_for_pages:
                return await handler(request)

        if request.method == "POST":
            return await handler(request)
        if request.method == "GET" and ("X-Part" in request.headers or request.scope["path"].endswith(".svg")):
            self._door(request)
            async with self._room_for_pages:
                by = await run_in_threadpool(self.visitor, request)
            return await self.shared.answer(request, by, made)
        return await made(request)

    def form(self, scope: str) -> Callable[..., Form]:
        """Depends(desk.form("operator")): a form of ours, from somebody who may do that. Raises HTTPException, SignedOut."""

        async def fields(request: Request) -> AsyncIterator[forms.Fields]:
            forms.refuse_foreign(request, self.public_url())
            yield await forms.fields_of(request, self.room)

        def checked(request: Request, sent: forms.Fields = Depends(fields)) -> Form:
            by = self.visitor(request)
            forms.refuse_unkeyed(sent, by.key)
            by.must(scope)
            return Form(by, sent)

        return checked

    def deed_by(self, form: Form) -> By:
        return By(form.by.name, self.app.clock.now(), form.reason)

    def public_url(self) -> str:
        """Where the site is reached from outside; empty where nothing says so."""
        found = self.deployed_or_none()
        return found.project_url if found is not None else self.app.public_url or ""

    def deployed_or_none(self) -> Deployed | None:
        try:
            return self.app.deployed()
        except Refused:
            return None

    @contextmanager
    def page(self, template: str, here: str, by: Visitor) -> Iterator[Page]:
        """A page, made inside of one transaction. `here`: the address in the navigation that it is, or belongs to."""
        deployed = self.deployed_or_none()
        with self.app.database.reading() as db:
            yield Page(self, template, here, by, db, deployed)

    def bare(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page without the frame: for those who are not signed in."""
        return self.answer(template, status, self.deployed_or_none(), self.app.clock.now(), values)

    def lost(self) -> Response:
        """Signed in or not: it says nothing but that there is no such page."""
        return self.bare("error.html", 404, code=404, words="there is no page with this address", help="")

    def go(self, path: str) -> Response:
        """After a change: the page that shows it."""
        return RedirectResponse(path, SEE_OTHER, policy.PAGE)

    def answer(
        self, template: str, status: int, deployed: Deployed | None, now: int, values: dict[str, Any]
    ) -> Response:
        project = deployed.project if deployed is not None else None
        about = {
            "now": now,
            "brand": project.brand if project else "Leadoff",
            "zone": project.timezone if project else "UTC",
            "currency": project.currency if project else "USD",
        }
        text = environment().get_template(template).render(about | values)
        return HTMLResponse(text, status, policy.PAGE)


class Page:
    """One page while it is made: `db`, `now` (UTC ms), `deployed` (None: nothing is), `by`."""

    def __init__(
        self, desk: Desk, template: str, here: str, by: Visitor, db: Connection, deployed: Deployed | None
    ) -> None:
        self._desk, self._template, self._here = desk, template, here
        self.by, self.db, self.deployed, self.now = by, db, deployed, desk.app.clock.now()

    def render(self, **values: Any) -> Response:
        common = {"here": self._here, "by": self.by, "deployed": self.deployed, "frame": self._frame()}
        return self._desk.answer(self._template, 200, self.deployed, self.now, common | values)

    def money(self, millionths: int) -> str:
        return money(millionths, self.deployed.project.currency if self.deployed is not None else "USD")

    def plots(self, flow: int | None = None) -> Plots | None:
        """Of the last days; None where nothing happened, or the page is asked for again: they stand still."""
        if self.by.is_shared:
            return None
        project = self.deployed.project if self.deployed is not None else None
        zone, currency = (project.timezone, project.currency) if project else ("UTC", "USD")
        days, goal = daily.last_days(self.db, self.now, zone, flow), self.goal
        if goal is None:
            return plots_of(days, currency)
        return plots_of(days, currency, daily.revenue_of_last_days(self.db, self.now, zone, goal, currency, flow))

    @cached_property
    def goal(self) -> goals.Deployed | None:
        """The one whose orders pages show: the first."""
        return next(iter(goals.deployed(self.db)), None)

    def _frame(self) -> dict[str, Any]:
        """What stands on every page."""
        return {
            "held_since": holds.held_since(self.db),
            "only_to": masked_list(self._desk.app.only_to),
            "unread": threads.waiting(self.db),
            "since": signs.text(signs.of_topics(self.db)),
            "needs": measures.open_notices(self.db) + measures.unknown_messages(self.db)[0],
        }


def _route_of(desk: Desk) -> type[APIRoute]:
    class PageRoute(APIRoute):
        """Makes errors pages. Who is signed out is led to the sign-in, or, where a script asks, is told so. HEAD is answered as GET is."""

        def __init__(self, path: str, endpoint: Callable[..., Any], **more: Any) -> None:
            super().__init__(path, endpoint, **more | {"response_model": None})  # they all answer with a Response
            if self.methods == {"GET"} and self.response_class is not EventSourceResponse:
                self.methods = {"GET", "HEAD"}

        def get_route_handler(self) -> _Handler:
            handler = super().get_route_handler()
            answer = handler if self.response_class is EventSourceResponse else partial(desk.answered, handler)

            async def handled(request: Request) -> Response:
                try:
                    return await answer(request)
                except SignedOut as error:
                    if "X-Part" in request.headers:
                        return desk.bare("error.html", 401, code=401, words="you are signed out", help="")
                    return desk.go(error.sign_in)
                except HTTPException as error:
                    response = desk.bare(
                        "error.html", error.status_code, code=error.status_code, words=str(error.detail), help=""
                    )
                    response.headers.update(error.headers or {})
                    return response
                except LeadoffError as error:
                    status = _STATUSES.get(type(error), 409)
                    return desk.bare("error.html", status, code=status, words=error.message, help=error.help or "")
                except RequestValidationError:
                    return desk.bare("error.html", 422, code=422, words="this address cannot be read", help="")
                except Exception:
                    log.exception("a page failed: %s", request.url.path)
                    return desk.bare("error.html", 500, code=500, words="a bug in Leadoff: the log says more", help="")

            return handled

    return PageRoute


_STATUSES: dict[type, int] = {NotFound: 404, Unavailable: 503}
