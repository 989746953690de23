"""Asks a running daemon what it has deployed.

Invariants: the token goes to the named address alone, over https or on this machine; no redirect is followed.
"""

from __future__ import annotations

import os
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import orjson

from engine.deploy.plan.standing import FORMAT_VERSION
from engine.errors import UsageError
from engine.language.values.urls import is_web_address
from engine.messaging.base_urls import problem_of_base

TOKEN = "LEADOFF_TOKEN"
SECONDS = 30
MOST_BYTES = 64_000_000


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *asked: Any, **more: Any) -> None:
        return None


def deployment_of(url: str) -> dict[str, Any] | None:
    """The answer of `GET /v1/deployment`; None where nothing is deployed there. Raises UsageError."""
    wrong = problem_of_base(url) if is_web_address(url) else "this is no URL"
    if wrong:
        raise UsageError(f"--server {url}: {wrong}", "the address of `leadoff run`: https://sms.acme.example")
    token = os.environ.get(TOKEN)
    if not token:
        raise UsageError(f"--server needs a token in {TOKEN}", "on the server: `leadoff token create ci --scope read`")
    asked = Request(f"{url.rstrip('/')}/v1/deployment", headers={"Authorization": f"Bearer {token}"})
    try:
        with build_opener(_NoRedirects).open(asked, timeout=SECONDS) as answer:
            said = orjson.loads(answer.read(MOST_BYTES))
    except HTTPError as error:
        _refuse(url, error)
        return None
    except (URLError, HTTPException, OSError) as error:
        raise UsageError(
            f"{url} does not answer: {getattr(error, 'reason', error)}", "does `leadoff run` run there?"
        ) from error
    except ValueError as error:
        raise _strange(url) from error
    if not isinstance(said, dict) or said.get("format_version") != FORMAT_VERSION:
        raise _strange(url)
    return said


def _refuse(url: str, error: HTTPError) -> None:
    """Raises UsageError, but where nothing is deployed."""
    try:
        detail = str(orjson.loads(error.read(10_000))["detail"])
    except (ValueError, KeyError, TypeError, OSError):
        detail = error.reason
    if error.code == 404 and detail == "nothing is deployed yet":
        return
    help = f"{TOKEN} must hold a token of that server with the scope read" if error.code in (401, 403) else None
    raise UsageError(f"{url} answers {error.code}: {detail}", help)


def _strange(url: str) -> UsageError:
    return UsageError(
        f"what {url} answers is no deployment that this version can read", "both sides need the same version"
    )
