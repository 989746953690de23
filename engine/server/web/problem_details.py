"""Every error of the site as one shape: an RFC 9457 problem document.

    HTTPException     its own status        Unavailable     503, Retry-After
    BadSignature      403                   BadCallback     400
    BadValue          422                   Refused         409, Conflict among them
    a bad query       422                   NotFound        404
    anything else     500, and a traceback in the log

Invariants: a problem says nothing about the machine or the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from engine.errors import NotFound, Refused, Unavailable
from engine.language.values.fields import BadValue
from engine.senders.sender import BadCallback, BadSignature

RETRY_AFTER_SECONDS = "2"
_STATUSES = {BadSignature: 403, BadCallback: 400, BadValue: 422, NotFound: 404, Refused: 409}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """An error as application/problem+json; `more` are further members."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    added = {"Retry-After": RETRY_AFTER_SECONDS} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return JSONResponse(body, status, {**added, **(headers or {})}, media_type="application/problem+json")


def install(site: FastAPI, lost: Callable[[], Response]) -> None:
    """Make every error of the site a problem document. `lost`: a page for a person who typed an address that there is not."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        typed = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")
        is_lost = error.status_code == HTTPStatus.NOT_FOUND and typed and not request.url.path.startswith("/v1/")
        return lost() if is_lost else _refused(request, error)

    site.add_exception_handler(HTTPException, refused)
    for kind, status in _STATUSES.items():
        site.add_exception_handler(kind, lambda request, error, status=status: problem(status, str(error)))
    site.add_exception_handler(RequestValidationError, _bad_query)
    site.add_exception_handler(Unavailable, lambda request, error: problem(503, "the database cannot be used now"))
    site.add_exception_handler(Exception, lambda request, error: problem(500, "a bug in Leadoff"))


def _refused(request: Request, error: HTTPException) -> Response:
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_allowed(request))
    return problem(error.status_code, str(error.detail), headers)


def _allowed(request: Request) -> list[str]:
    """Every method of this path: each route knows only its own."""
    found: set[str] = set()
    for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"):
        scope = {**request.scope, "method": method}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            found.add(method)
    return sorted(found)


def _bad_query(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    wrong = error.errors()[0]
    path = ".".join(str(step) for step in wrong["loc"][1:])[:200]
    reason = "there is no such parameter" if wrong["type"] == "extra_forbidden" else wrong["msg"]
    return problem(422, f"{path}: {reason}")
