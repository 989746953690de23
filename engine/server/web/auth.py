"""Who may use /v1: a Bearer token with a scope (events | read | operator | admin: the later ones have `read` in them, admin all).

Invariants: the token is looked up for every request, so a revoked one is refused at once, before anything of the body is read. A token
is never logged.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from engine.server.web.backpressure import TokenBuckets
from engine.server.web.query_batching import QueryBatcher
from engine.store import tokens
from engine.store.database import Database

BEARER = HTTPBearer(auto_error=False, description="`leadoff token create NAME --scope events|read|operator|admin`")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]


class TokenAuth:
    """`Depends(auth.require("read"))` lets in a request with such a token."""

    def __init__(self, database: Database, buckets: TokenBuckets) -> None:
        self._database, self._buckets = database, buckets
        self._granted = QueryBatcher(self._look_up)

    def _look_up(self, asked: Sequence[str]) -> list[tokens.Granted | None]:
        with self._database.reading() as db:
            found = {token: tokens.find(db, token) for token in set(asked)}
        return [found[token] for token in asked]

    def require(self, scope: str) -> Callable[[HTTPAuthorizationCredentials | None], Awaitable[None]]:
        async def check(credentials: Credentials) -> None:
            if credentials is None:
                raise HTTPException(401, "No token was sent: Authorization: Bearer …", {"WWW-Authenticate": "Bearer"})
            granted = await self._granted.get(credentials.credentials)
            if granted is None:
                raise HTTPException(
                    401, "this token is not known", {"WWW-Authenticate": 'Bearer error="invalid_token"'}
                )
            if not granted.may(scope):
                needed = f'Bearer error="insufficient_scope", scope="{scope}"'
                raise HTTPException(403, f"the token lacks the scope {scope}", {"WWW-Authenticate": needed})
            self._buckets.take(granted.id)

        return check
