"""GET /static/{hash}/{name}: the stylesheet and the script; the hash is of the content, so they may be kept for ever."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from engine.server.dashboard.rendering import HERE, static

TYPES = {"dashboard.css": "text/css", "dashboard.js": "text/javascript"}
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


def routes() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/static/{digest}/{name}", methods=["GET", "HEAD"])
    def file(digest: str, name: str) -> Response:
        if name not in TYPES or static(name) != f"/static/{digest}/{name}":
            raise HTTPException(404, "there is no such file")
        return Response((HERE / "static" / name).read_bytes(), media_type=TYPES[name], headers=_FOR_EVER)

    return router
