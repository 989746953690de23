"""GET and POST /sign-in, POST /sign-out.

Invariants: a token is never in an address, a page or a log. Whoever signs in gets a new session; a form of the sign-in needs the Origin of
this site alone, as there is no session yet.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from engine.server.dashboard import forms
from engine.server.dashboard.desk import Desk, Form
from engine.server.dashboard.throttle import RIGHT_A_MINUTE, WRONG_A_MINUTE, Throttle
from engine.server.dashboard.visitor import keep, own_page, secret_of
from engine.store import sessions, tokens
from engine.store.sql import Connection

OFTEN = {"Retry-After": "60"}


def routes(desk: Desk) -> APIRouter:
    router = desk.router()
    reader = desk.form("read")
    app, wrong, right = desk.app, Throttle(WRONG_A_MINUTE), Throttle(RIGHT_A_MINUTE)

    @router.get("/sign-in")
    def page(back: str = "/") -> Response:
        return desk.bare("sign_in.html", back=own_page(back), wrong="")

    async def sent(request: Request) -> forms.Fields:
        forms.refuse_foreign(request, desk.public_url())
        return await forms.fields_of(request, desk.room)

    @router.post("/sign-in")
    def sign_in(request: Request, fields: forms.Fields = Depends(sent)) -> Response:
        back, token = own_page(fields.get("back", "/")), fields.get("token", "").strip()
        with app.database.reading() as db:
            granted = tokens.find(db, token)
        if granted is None or not granted.may("read"):
            if not wrong.take(desk.proxies.address(request)):
                raise HTTPException(429, "too many wrong tokens from this address: wait a minute", OFTEN)
            words = "This token is not known, or revoked." if granted is None else "A token for events shows no pages."
            return desk.bare("sign_in.html", 403, back=back, wrong=words)
        if not right.take(str(granted.id)):
            raise HTTPException(429, "this token signed in too often: wait a minute", OFTEN)
        now, before = app.clock.now(), secret_of(request, desk.public_url())

        def begin(db: Connection) -> str:
            if before:
                sessions.end(db, before)
            return sessions.begin(db, granted.id, now)

        response = desk.go(back)
        keep(response, request, app.database.write(begin), desk.public_url())
        return response

    @router.post("/sign-out")
    def sign_out(request: Request, form: Form = Depends(reader)) -> Response:
        secret = secret_of(request, desk.public_url())

        def end(db: Connection) -> None:
            if form.fields.get("everywhere"):
                sessions.end_all(db, form.by.token.id)
            sessions.end(db, secret)

        app.database.write(end)
        response = desk.go("/sign-in")
        keep(response, request, "", desk.public_url())
        response.headers["Clear-Site-Data"] = '"cache"'
        return response

    return router
