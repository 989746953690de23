"""Who looks at a page: a session's cookie, and what its token may do.

Invariants: the session is looked up for every request, so a revoked token or a sign-out elsewhere ends it at once. The cookie is HttpOnly,
SameSite=Strict, and Secure wherever the site is reached by https; there its name says so (`__Host-`), so that no other site of the same
domain can put one of its own in its place.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from engine.messaging.base_urls import is_local_host
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
    """Somebody who is signed in. `key`: of the forms of this session; `session`: its hash, "" for all who share a page."""

    token: Granted
    key: str
    session: str

    @property
    def name(self) -> str:
        return self.token.name

    @property
    def is_shared(self) -> bool:
        return not self.session

    def shared(self, key: str) -> Visitor:
        """All who may do the same, with this key."""
        return Visitor(self.token._replace(name=""), key, "")

    def may(self, scope: str) -> bool:
        return self.token.may(scope)

    def must(self, scope: str) -> None:
        """Raises HTTPException (403)."""
        if not self.may(scope):
            raise HTTPException(403, f"this needs a token with the scope {scope}; yours has {self.token.scope}")


def visitor(request: Request, database: Database, public_url: str, now: int) -> Visitor:
    """Raises SignedOut."""
    secret = secret_of(request, public_url)
    if secret:
        with database.reading() as db:
            token = sessions.find(db, secret, now)
        if token is not None and token.may("read"):
            return Visitor(token, sessions.form_key(secret), sessions.hash_of(secret))
    raise SignedOut(_here(request))


def secret_of(request: Request, public_url: str) -> str:
    """What the cookie holds; "" where there is none."""
    return request.cookies.get(_cookie(_is_secure(request, public_url)), "")


def keep(response: Response, request: Request, secret: str, public_url: str) -> None:
    """In the browser, as its cookie; with "" there is none any more."""
    secure = _is_secure(request, public_url)
    lasts = sessions.LASTS_MS // 1000 if secret else 0
    response.set_cookie(_cookie(secure), secret, lasts, path="/", secure=secure, httponly=True, samesite="strict")


def _is_secure(request: Request, public_url: str) -> bool:
    """On a loopback address there is no https, also where the public address has it."""
    return public_url.startswith("https://") and not is_local_host(request.headers.get("Host", ""))


def _cookie(secure: bool) -> str:
    return f"__Host-{COOKIE}" if secure else COOKIE


def own_page(path: str) -> str:
    """A path of this site to go to; the first page for anything else."""
    inside = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inside else "/"


def _here(request: Request) -> str:
    if request.method not in ("GET", "HEAD"):
        _, _, after = request.headers.get("Referer", "").partition("://")
        return own_page(f"/{after.partition('/')[2]}")
    query = request.scope["query_string"].decode("latin-1")
    return own_page(request.scope["path"] + (f"?{query}" if query else ""))
