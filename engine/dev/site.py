"""The page of `leadoff dev`: phones, the clock, the drawing, what was saved.

Invariants: it answers on loopback alone and to requests that name a loopback host, so no page of another site reaches it; a form needs the
key of this process. Every act is a form, so the page works without script.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from engine.deploy.read_project import pictures_of
from engine.dev import states
from engine.dev.acts import CONDITIONS
from engine.dev.scene import MOST_PHONES, Shown
from engine.dev.studio import Studio
from engine.errors import LeadoffError
from engine.language.model.triggers import EventTrigger
from engine.messaging.base_urls import is_local_host
from engine.messaging.media.picture import Fitted
from engine.messaging.numbers import masked
from engine.preview.graph.drawn import drawn
from engine.preview.simulation import made_up
from engine.preview.simulation.fulfilment import Fulfilment
from engine.server.dashboard import conversation, files, forms, policy
from engine.server.dashboard.drawings import image
from engine.server.dashboard.rendering import environment
from engine.server.web.media import TYPES
from engine.server.web.request_bodies import BodyRoom
from engine.store.queries.places import AtStep

TEMPLATES = Path(__file__).parent / "templates"


def create(studio: Studio, stream: Callable[[str], AsyncIterator[ServerSentEvent]]) -> FastAPI:
    site, room, key = FastAPI(docs_url=None, redoc_url=None, openapi_url=None), BodyRoom(), secrets.token_urlsafe(16)

    def here(request: Request) -> None:
        if not is_local_host(request.headers.get("Host", "")):
            raise HTTPException(403, "leadoff dev answers on this machine alone")

    async def form(request: Request) -> forms.Fields:
        here(request)
        forms.refuse_foreign(request, "")
        fields = await forms.fields_of(request, room)
        forms.refuse_unkeyed(fields, key)
        return fields

    site.include_router(files.routes())

    @site.get("/", dependencies=[Depends(here)])
    def page(said: str = "") -> Response:
        with studio.lock:
            text = environment(TEMPLATES).get_template("dev.html").render(key=key, said=said[:300], **_about(studio))
        return HTMLResponse(text, headers=policy.PAGE)

    @site.get("/live", response_class=EventSourceResponse, dependencies=[Depends(here)])
    async def live(since: str = "", last_event_id: str = Header("")) -> AsyncIterator[ServerSentEvent]:
        async for event in stream(last_event_id or since):
            yield event

    @site.get("/m/{ref}", dependencies=[Depends(here)])
    def media(ref: str) -> Response:
        data = _picture(studio, ref)
        if data is None:
            raise HTTPException(404, "there is no such picture")
        from engine.preview.drawing.card_face import seen

        shown = seen(data)  # of a contact card its face
        return Response(shown, media_type=TYPES[ref.rpartition(".")[2]] if shown is data else TYPES["png"])

    @site.get("/drawing.svg", dependencies=[Depends(here)])
    def drawing(phone: int = 0) -> Response:
        found = _drawing(studio, phone)
        if found is None:
            raise HTTPException(404, "there is nothing to draw")
        return found

    @site.get("/states", dependencies=[Depends(here)])
    def every_state() -> Response:
        return HTMLResponse(
            environment(TEMPLATES).get_template("states.html").render(states.about()), headers=policy.PAGE
        )

    @site.post("/do/{deed}")
    def do(deed: str, fields: forms.Fields = Depends(form)) -> Response:
        said = ""
        try:
            said = _do(studio, deed, fields)
        except LeadoffError as error:
            said = f"{error.message}{f': {error.help}' if error.help else ''}"
        return RedirectResponse(f"/?{_query(said)}" if said else "/", 303)

    return site


def _query(said: str) -> str:
    return urlencode({"said": said})


def _do(studio: Studio, deed: str, fields: forms.Fields) -> str:
    """What to say of it. Raises LeadoffError."""
    phone, name = _whole(fields.get("phone", "0")), fields.get("name", "")
    if deed == "act":
        studio.act(phone, fields.get("kind", ""), name, _data(fields.get("data", "")))
    elif deed == "clock":
        studio.move(name)
    elif deed == "rewind":
        studio.rewind(_whole(name))
    elif deed == "anew":
        studio.anew()
    elif deed == "give":
        studio.give(name)
    elif deed == "take":
        studio.take_away(phone)
    elif deed == "save":
        return f"saved in {studio.save(phone, name)}"
    else:
        raise HTTPException(404, "there is no such deed")
    return ""


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise HTTPException(422, "not a whole number")
    return int(text)


def _data(text: str) -> Mapping[str, Any]:
    if not text.strip():
        return {}
    with suppress(ValueError):
        found = orjson.loads(text)
        if isinstance(found, dict):
            return found
    raise HTTPException(422, "the data must be a JSON object")


def _about(studio: Studio) -> dict[str, Any]:
    scene, stage = studio.scene, studio.stage
    project = stage.project if stage is not None else None
    common = {
        "brand": project.brand if project else "Leadoff",
        "zone": studio.zone,
        "currency": project.currency if project else "USD",
        "now": scene.now if scene else studio.start,
        "strip": studio.strip,
        "n": studio.n,
        "flow": studio.flow,
        "conditions": list(CONDITIONS),
    }
    if scene is None or project is None:
        return common | {
            "phones": [],
            "due": None,
            "problems": [],
            "events": {},
            "others": [],
            "full": True,
        }
    here = [owner.fields.get("phone") for owner in studio.owners]
    return common | {
        "phones": [_phone(studio, at, scene.shown(at, studio.flow)) for at in range(len(studio.owners))],
        "due": scene.next_due(),
        "problems": scene.problems[-3:],
        "events": _events(studio),
        "by_hand": _by_hand(studio),
        "others": [_named(owner.fields) for owner in studio.known if owner.fields.get("phone") not in here],
        "full": len(studio.owners) >= MOST_PHONES,
    }


def _events(studio: Studio) -> dict[str, str]:
    """Every event that is declared or starts a flow -> data for it, as JSON: such that the flow is entered, the last saved one first."""
    assert studio.stage is not None
    project, flows = studio.stage.project, studio.stage.checked.flows
    found: dict[str, Mapping[str, Any]] = {}
    for name in sorted(flows, key=lambda name: name != studio.flow):
        for trigger in flows[name].trigger:
            if isinstance(trigger, EventTrigger) and trigger.event not in found:
                wanted = made_up.required(project, flows[name], trigger, studio.start)
                found[trigger.event] = wanted.data_of(trigger.event)
    for name in project.events:
        found.setdefault(name, Fulfilment(project).data_of(name))
    return {name: orjson.dumps(made_up.plain(dict(data))).decode() for name, data in found.items()}


def _by_hand(studio: Studio) -> list[str]:
    """The flows that a person starts."""
    assert studio.stage is not None
    return sorted(p.flow for p in studio.stage.programs.values() if any(t.kind == "manual" for t in p.triggers))


def _named(fields: Mapping[str, Any]) -> tuple[str, str]:
    phone = str(fields.get("phone"))
    return phone, f"{fields.get('first_name') or fields.get('key') or ''} {masked(phone)}".strip()


def _phone(studio: Studio, at: int, shown: Shown) -> dict[str, Any]:
    changed = {(flow, step) for phone, flow, step in studio.changed if phone == at}
    marked = [
        (bubble, bubble.place in changed, studio.was(at, *bubble.place) if bubble.place in changed else "")
        for bubble in conversation.bubbles(shown.moments)
    ]
    return {
        "at": at,
        "name": shown.who.fields.get("first_name") or shown.who.key,
        "number": masked(shown.who.phone),
        "zone": shown.who.zone,
        "consent": shown.consent or "unknown",
        "quiet_until": shown.quiet_until,
        "bubbles": marked,
        "links": shown.links,
        "story": list(conversation.lines(shown.moments)),
        "flows": sorted({str(moment.flow) for moment in shown.moments if moment.kind == "entered"}),
    }


def _picture(studio: Studio, ref: str) -> bytes | None:
    with studio.lock:
        media = studio.checked.media if studio.checked is not None else {}
        name = next((name for name, info in media.items() if info.ref == ref), None)
        project = studio.stage.project if studio.stage is not None else None
    if name is None:
        return None
    found = pictures_of(studio.root, lambda: project).fitted(name)
    return found.data if isinstance(found, Fitted) else None


def _drawing(studio: Studio, phone: int) -> Response | None:
    with studio.lock:
        scene, checked, flow = studio.scene, studio.checked, studio.flow
        if scene is None or checked is None or checked.project is None or not 0 <= phone < len(studio.owners):
            return None
        places = scene.shown(phone).places
        flow = next((each for each, _, _ in places if each in checked.flows), flow)
        if flow is None or flow not in checked.flows:
            return None
        counts: dict[str | None, AtStep] = {step or None: AtStep(1) for each, step, _ in places if each == flow}
    refs = {name: info.ref for name, info in checked.media.items()}
    made = drawn(
        checked.flows[flow], checked.project, lambda name: _picture(studio, refs[name]) if name in refs else None
    )
    return image(made, counts, "here")
