"""GET/HEAD /p/{ref}: the page that `otherwise: link` leads to, for those whose phone gets no MMS.

Invariants: it shows a picture of what is deployed and nothing about a person; below it are the words that carriers require (whose
programme, how often, rates, HELP and STOP), the project's own where it has some. No script, nothing from another site.
"""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from engine.app import App

_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{brand}</title>
<style>
body {{ margin: 0; background: #f4f2ef; color: #26221d; font: 16px/1.5 system-ui, sans-serif; }}
main {{ max-width: 34rem; margin: 0 auto; padding: 1rem; text-align: center; }}
h1 {{ font-size: 1.1rem; letter-spacing: .04em; margin: .5rem 0 1rem; }}
img {{ display: block; max-width: 100%; max-height: 80vh; margin: 0 auto; border-radius: .75rem; box-shadow: 0 2px 18px #0002; }}
footer {{ font-size: .85rem; color: #6b645b; margin: 1.25rem 0; white-space: pre-line; }}
</style>
</head>
<body>
<main>
<h1>{brand}</h1>
<img src="/m/{ref}" alt="{alt}">
<footer>{words}</footer>
</main>
</body>
</html>
"""


def routes(app: App) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.api_route("/p/{ref}", methods=["GET", "HEAD"])
    def picture(ref: str) -> Response:
        found = app.deployed()
        alt = found.pictures.get(ref)
        if alt is None:
            raise HTTPException(404, "there is no such picture")
        brand, words = found.project.brand, found.texts.picture
        page = _PAGE.format(brand=escape(brand), ref=escape(ref), alt=escape(alt or brand), words=escape(words))
        return HTMLResponse(page, headers=_HEADERS)

    return router
