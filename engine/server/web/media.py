"""What phones and providers fetch: GET/HEAD /m/{ref} for images, GET/HEAD /l/{code} for tracked links.

Invariants: an image is named by its content's hash, so it may be cached for ever, and no other name reaches the disk; a link
leads where its project says, never where a request says; only a person's GET is a click: not a messenger's preview, a browser's
prefetch, a declared robot, nor a request faster than a person reads. All are redirected, even while a click cannot be stored. A link that
is over is answered 410, with a page for the person who opens it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from html import escape

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from engine.app import App
from engine.errors import Unavailable
from engine.intake import inbound
from engine.messaging.link_previews import EARLY_MS, is_preview
from engine.server.metrics import Metrics
from engine.store.links import LinkTarget

log = logging.getLogger("leadoff.web")
TYPES = {"jpg": "image/jpeg", "png": "image/png", "gif": "image/gif", "vcf": "text/x-vcard; charset=utf-8"}
REF = re.compile(r"[0-9a-f]{64}\.(jpg|png|gif|vcf)")
_CARD = {"Content-Disposition": 'inline; filename="card.vcf"'}  # phones open it; without blanks, at most 20 characters
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
_OVER = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{brand}</title>
<style>body {{ margin: 4rem auto; max-width: 34rem; padding: 0 1rem; text-align: center; font: 16px/1.5 system-ui, sans-serif; }}</style>
</head>
<body>
<h1>{brand}</h1>
<p>This link is no longer valid.</p>
</body>
</html>
"""
_PAGE = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'", "X-Robots-Tag": "noindex"}
_PUNCTUATION = ".,;:!?)]}>'\"”’»…*"  # of the sentence around a link, which phones and people copy with it


def routes(app: App, wake: Callable[[], None], metrics: Metrics) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/m/{ref}", methods=["GET", "HEAD"])
    def media(ref: str) -> Response:
        match = REF.fullmatch(ref)
        path = app.picture(ref) if match is not None else None
        if match is None or path is None:
            raise HTTPException(404, "there is no such image")
        return FileResponse(path, media_type=TYPES[match[1]], headers=_FOR_EVER | (_CARD if match[1] == "vcf" else {}))

    @router.api_route("/l/{code}", methods=["GET", "HEAD"])
    def link(code: str, request: Request) -> Response:
        code = code.rstrip(_PUNCTUATION)
        target = inbound.link_target(app.database, code, app.clock.now())
        if target is None:
            raise HTTPException(404, "there is no such link", _PRIVATE)
        kind = _kind(request, target, app.clock.now())
        metrics.fetched(kind)
        if kind == "over":
            page = _OVER.format(brand=escape(app.deployed().project.brand))
            return HTMLResponse(page, 410, _PRIVATE | _PAGE)
        if kind == "click":
            _click(code)
        return RedirectResponse(target.url, 302, _PRIVATE)

    def _click(code: str) -> None:
        try:
            inbound.record_click(app.database, code, app.clock.now())
        except Unavailable as error:
            log.error("a click could not be stored: %s", error)
        else:
            wake()

    return router


def _is_prefetch(request: Request) -> bool:
    """Whether a browser or a proxy says that it fetches ahead of the person."""
    purpose = " ".join(
        request.headers.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz")
    ).lower()
    return any(word in purpose for word in ("prefetch", "prerender", "preview"))


def _kind(request: Request, target: LinkTarget, now: int) -> str:
    if target.is_over:
        return "over"
    if request.method != "GET":
        return "head"
    if is_preview(request.headers.get("User-Agent", "")) or _is_prefetch(request):
        return "preview"
    early = target.sent_at is not None and now - target.sent_at < EARLY_MS
    return "early" if early else "click"
