"""GET/HEAD /p/{ref}?lang=es: the page that `otherwise: link` leads to, for those whose phone gets no MMS, in the language of the text.

Invariants: it shows a picture of what is deployed, or one that came with an event, and nothing about a person; below it are the words that
carriers require (whose programme, how often, rates, HELP and STOP), the project's own where it has some. No script, nothing from another
site.
"""

from __future__ import annotations

from html import escape

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from engine.app import App
from engine.messaging.compliance_texts import ENGLISH
from engine.server.web.media import REF
from engine.store import blobs

_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}
_PAGE = """\
<!doctype html>
<html lang="{language}">
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

    def came_with_event(ref: str) -> bool:
        with app.database.reading() as db:
            return REF.fullmatch(ref) is not None and blobs.came_with_event(db, ref)

    @router.api_route("/p/{ref}", methods=["GET", "HEAD"])
    def picture(ref: str, lang: str = "") -> Response:
        found = app.deployed()
        if ref not in found.pictures and not came_with_event(ref):
            raise HTTPException(404, "there is no such picture")
        alt, brand, language = found.pictures.get(ref), found.project.brand, found.language_for(lang)
        said = alt.of(language).source.strip() if alt else brand
        shown = {"brand": brand, "ref": ref, "alt": said, "words": found.texts_for(lang).picture}
        page = _PAGE.format(language=language or ENGLISH, **{key: escape(text) for key, text in shown.items()})
        return HTMLResponse(page, headers=_HEADERS)

    return router
