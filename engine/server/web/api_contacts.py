"""PUT, GET and DELETE /v1/contacts/{key}, POST /v1/contacts/{key}/renumber: a contact by its key or its number.

Invariants: the code is that of `leadoff contacts` and of an event's `contact`; a key with another number, or the reverse, is 409 and
changes nothing but an opt-out in it (C0); no request lifts an opt-out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Response
from starlette.convertors import PathConvertor, register_url_convertor
from starlette.exceptions import HTTPException

from engine.app import App
from engine.contacts import consent, documents, json_contact, refused_opt_outs, renumbering
from engine.language.values.fields import BadValue
from engine.messaging import numbers
from engine.server.web.auth import TokenAuth
from engine.server.web.backpressure import RequestSlots
from engine.server.web.openapi import body_of, problems
from engine.server.web.request_bodies import BodyRoom, parsed, single
from engine.server.web.responses import ContactRow, Forgotten, answer
from engine.store import contacts, forgetting
from engine.store.queries import listings
from engine.store.sql import Connection
from engine.views import public_rows

PATH = "/contacts/{key:anything}"
_EXAMPLE = {"phone": "+12025550143", "first_name": "Ada", "consent": {"status": "subscribed", "source": "checkout"}}
_NONE = "there is no such contact"


class _Anything(PathConvertor):
    """Slashes and line breaks too: a key with one is found to be bad, and not to be of no route."""

    regex = "(?s:.*)"


register_url_convertor("anything", _Anything())


def routes(app: App, wake: Callable[[], None], auth: TokenAuth, slots: RequestSlots, room: BodyRoom) -> APIRouter:
    router = APIRouter(prefix="/v1", tags=["contacts"])
    admin, read = Depends(auth.require("admin")), Depends(auth.require("read"))

    @router.put(
        PATH,
        dependencies=[admin],
        response_model=ContactRow,
        responses={201: {"model": ContactRow, "description": "It is new."}, **problems(400, 408, 409, 413, 415, 422)},
        openapi_extra=body_of(documents.Contact, {"one": _EXAMPLE}),
    )
    def put(key: str, body: bytes = Depends(single(slots, room))) -> Response:
        """Store the fields of the body; other fields stay, null removes one. Consent never lifts an opt-out."""
        raw, now = parsed(body), app.clock.now()
        opt_out = refused_opt_outs.in_json({**raw, "key": key} if isinstance(raw, dict) else None, "api")
        with refused_opt_outs.counted(app.database, opt_out, now, wake):
            contact = documents.read(documents.Contact, raw)
            done = json_contact.put(app.database, app.deployed().project, key, contact, now)
        wake()
        with app.database.reading() as db:
            warning = {"warning": done.warning} if done.warning else {}
            return answer(_row(db, done.contact, now) | warning, 201 if done.new else 200)

    @router.get(PATH, dependencies=[read], response_model=ContactRow, responses=problems(404))
    @router.head(PATH, dependencies=[read], include_in_schema=False)
    def show(key: str) -> Response:
        """Fields, consent and its history."""
        with app.database.reading() as db:
            found = contacts.one(db, key)
            if found is None:
                raise HTTPException(404, _NONE)
            return answer(_row(db, found, app.clock.now()))

    @router.delete(PATH, dependencies=[admin], response_model=Forgotten, responses=problems(404, 409))
    def forget(key: str) -> Response:
        """Delete everything personal, for good. An opt-out stays as a keyed hash."""
        with app.database.reading() as db:
            phone = consent.phone_of(db, key)
        if phone is None:
            raise HTTPException(404, _NONE)
        return answer({"opt_out_kept": forgetting.forget(app.database, phone, app.clock.now(), "API").opt_out_kept})

    @router.post(
        f"{PATH}/renumber",
        dependencies=[admin],
        response_model=ContactRow,
        responses=problems(400, 404, 408, 409, 413, 415, 422),
        openapi_extra=body_of(documents.NewNumber, {"one": {"phone": "+12065550111"}}),
    )
    def renumber(key: str, body: bytes = Depends(single(slots, room))) -> Response:
        """Another number: what waits for the old one is cancelled, the rest goes on by the new one's consent."""
        return answer(_renumbered(app, key, documents.read(documents.NewNumber, parsed(body)).phone, wake))

    return router


def _renumbered(app: App, key: str, to: str, wake: Callable[[], None]) -> dict[str, Any]:
    try:
        number = numbers.parse(to)
    except numbers.BadNumber as error:
        raise BadValue(error.reason, "phone") from error
    now = app.clock.now()
    changed = renumbering.renumber(app.database, key, number, app.deployed().project.timezone, now, "API")
    wake()
    with app.database.reading() as db:
        found = changed or contacts.of_phone(db, number.e164)
        if found is None:
            raise HTTPException(404, _NONE)
        return _row(db, found, now)


def _row(db: Connection, known: contacts.StoredContact, now: int) -> dict[str, Any]:
    rows = listings.contacts(db, contact=known.id)
    if not rows:
        raise HTTPException(404, _NONE)  # forgotten a moment ago
    return public_rows.contact(rows[0], now) | {"consent_log": public_rows.consent_log(db, known.phone)}
