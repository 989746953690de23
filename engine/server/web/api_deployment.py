"""GET /v1/deployment: what is deployed, and how many wait where; `leadoff plan --server` asks it.

Invariants: counts and times without people; only a token with the scope read is answered.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response
from starlette.exceptions import HTTPException

from engine.app import App
from engine.deploy.plan.standing import standing_document
from engine.server.web.auth import TokenAuth
from engine.server.web.openapi import problems
from engine.server.web.responses import Standing, answer


def routes(app: App, auth: TokenAuth) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["deployment"], dependencies=[Depends(auth.require("read"))])

    @router.get("/deployment", response_model=Standing, responses=problems(404))
    @router.head("/deployment", include_in_schema=False)
    def deployment() -> Response:
        """The deployed files, and how many contacts wait at each step and until when. No contact is named."""
        with app.database.reading() as db:
            found = standing_document(db, app.clock.now())
        if found is None:
            raise HTTPException(404, "nothing is deployed yet")
        return answer(found)

    return router
