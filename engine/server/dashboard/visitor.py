"""Who looks at a page: a session's cookie, and what its token may do.

Invariants: the session is looked up for every request, so a revoked token or a sign-out elsewhere ends it at once. The cookie is HttpOnly,
SameSite=Strict, and Secure wherever the site is reached by https.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, urlsplit

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from engine.messaging.base_urls import is_local
from engine.store import sessions
from engine.store.database import Database
from engine.store.tokens import Granted

COOKIE = "leadoff_session"


class SignedOut(Exception):
    """There is no session, or no longer; `back`: where to go after signing in."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back

    @property
    def sign_in(self) -> str:
        return "/sign-in" if self.back == "/" else f"/sign-in?back={quote(self.back, safe='')}"


class Visitor(NamedTuple):
    """Somebody who is signed in. `key`: of the forms of this session."""

    token: Granted
    key: str

    @property
    def name(self) -> str:
        return self.token.name

    def may(self, scope: str) -> bool:
        return self.token.may(scope)

    def must(self, scope: str) -> None:
        """Raises HTTPException (403)."""
        if not self.may(scope):
            raise HTTPException(403, f"this needs a token with the scope {scope}; yours has {self.token.scope}")


def visitor(request: Request, database: Database, now: int) -> Visitor:
    """Raises SignedOut."""
    secret = request.cookies.get(COOKIE, "")
    if secret:
        with database.reading() as db:
            token = sessions.find(db, secret, now)
        if token is not None and token.may("read"):
            return Visitor(token, sessions.form_key(secret))
    raise SignedOut(_here(request))


def set_cookie(response: Response, secret: str, public_url: str, host: str) -> None:
    """On a loopback address there is no https, also where the public address has it."""
    secure = urlsplit(public_url).scheme == "https" and not is_local(f"http://{host}")
    response.set_cookie(
        COOKIE, secret, max_age=sessions.LASTS_MS // 1000, httponly=True, samesite="strict", secure=secure, path="/"
    )


def own_page(path: str) -> str:
    """A path of this site to go to; the first page for anything else."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside and not urlsplit(path).netloc else "/"


def _here(request: Request) -> str:
    if request.method != "GET":
        return own_page(urlsplit(request.headers.get("Referer", "/")).path or "/")
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
