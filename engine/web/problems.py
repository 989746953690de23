"""Every error of the site as one shape: an RFC 9457 problem document.

    HTTPException     its own status        Unavailable     503, Retry-After
    BadSignature      403                   BadCallback     400
    anything else     500, and a traceback in the log

Rules kept here: a problem tells a stranger nothing of the machine or of the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from engine.errors import Unavailable
from engine.senders.sender import BadCallback, BadSignature

RETRY_AFTER_SECONDS = "2"


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """An error as application/problem+json; `more` are members of our own."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    added = {"Retry-After": RETRY_AFTER_SECONDS} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
    return JSONResponse(body, status, {**added, **(headers or {})}, media_type="application/problem+json")


def install(site: FastAPI) -> None:
    """Make every error of the site a problem document."""
    site.add_exception_handler(HTTPException, _refused)
    site.add_exception_handler(BadSignature, lambda request, error: problem(403, str(error)))
    site.add_exception_handler(BadCallback, lambda request, error: problem(400, str(error)))
    site.add_exception_handler(Unavailable, lambda request, error: problem(503, "the database cannot be used now"))
    site.add_exception_handler(Exception, lambda request, error: problem(500, "a fault of our own"))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, str(error.detail), error.headers)
