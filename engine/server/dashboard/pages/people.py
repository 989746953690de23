"""GET /people and /people/{id}: what did this person get, why, and what comes next? Stop, forget, start a flow.

Invariants: a number is shown masked; to see it whole is an act of an admin, and is written down. `find` names a person, a message or a
commit, and finds digits as a part for an admin alone; a query of one page reads no more than a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Response

from engine.contacts import consent
from engine.core.calendar import DAY
from engine.errors import NotFound
from engine.server.dashboard import confirm, conversation
from engine.server.dashboard.confirm import Effect
from engine.server.dashboard.desk import Desk, Form, Page
from engine.server.dashboard.links import RowId
from engine.server.dashboard.visitor import Visitor
from engine.store import contacts, forgetting, person_actions
from engine.store.contacts import StoredContact
from engine.store.queries import history, listings, newest, places, search
from engine.store.queries.timeline import LATE, TimelineEntry, timeline_of
from engine.store.sql import Connection
from engine.views import consents

HERE = "/people"
AHEAD = 30 * DAY
MOST_HITS = 20


def routes(desk: Desk) -> APIRouter:
    router, app = desk.router(), desk.app
    admin = desk.form("admin")

    @router.get(HERE)
    def people(find: str = "", before: RowId | None = None, by: Visitor = Depends(desk.visitor)) -> Response:
        words = find.strip()[:200]
        if words and before is None:
            with app.database.reading() as db:
                if words.isdecimal() and len(words) < 10 and newest.message(db, int(words)) is not None:
                    return desk.go(f"/messages/{words}")
                exact = contacts.one(db, words)
            if exact is not None:
                return desk.go(f"{HERE}/{exact.id}")
        with desk.page("people.html", HERE, by) as page:
            if words:
                hits, further = search.newest(page.db, words, MOST_HITS, before, in_parts=by.may("admin"))
                older = f"{HERE}?{urlencode({'find': words, 'before': further})}" if further else None
                return page.render(find=words, hits=hits, rows=[], older=older)
            found = newest.people(page.db, before)
            older = f"{HERE}?before={found.further}" if found.further else None
            return page.render(
                find="",
                hits=[],
                rows=[each | {"consent": consents.words(each, page.now, never="unknown")} for each in found.rows],
                older=older,
            )

    @router.get(HERE + "/{id}")
    def person(id: RowId, by: Visitor = Depends(desk.visitor)) -> Response:
        ahead = _ahead(desk, id)
        with desk.page("person.html", HERE, by) as page:
            return page.render(**_about(page, _known(page.db, id), ahead), shown=None)

    @router.post(HERE + "/{id}/number")
    def show_number(id: RowId, form: Form = Depends(admin)) -> Response:
        now = app.clock.now()

        def write(db: Connection) -> None:
            if id in contacts.with_ids(db, [id]):
                person_actions.add(db, now, form.by.name, "show number", f"contact {id}")

        app.database.write(write)
        ahead = _ahead(desk, id)
        with desk.page("person.html", HERE, form.by) as page:
            who = _known(page.db, id)
            return page.render(**_about(page, who, ahead), shown=who.phone)

    @router.get(HERE + "/{id}/number")
    def at_its_address(id: RowId, by: Visitor = Depends(desk.visitor)) -> Response:
        """The page that shows the number stands here, and asks for what is new; so does who reloads it."""
        return desk.go(f"{HERE}/{id}")

    _opting_out(router, desk)
    _forgetting(router, desk)
    return router


def _opting_out(router: APIRouter, desk: Desk) -> None:
    app, operator = desk.app, desk.form("operator")

    @router.get(HERE + "/{id}/stop")
    def ask_stop(id: RowId, by: Visitor = Depends(desk.visitor)) -> Response:
        by.must("operator")
        return confirm.asked(desk, HERE, by, lambda page: _stop(page, _known(page.db, id)))

    @router.post(HERE + "/{id}/stop")
    def stop(id: RowId, form: Form = Depends(operator)) -> Response:
        if (again := confirm.objection(desk, HERE, form, lambda page: _stop(page, _known(page.db, id)))) is not None:
            return again
        now = app.clock.now()

        def write(db: Connection) -> None:
            contacts.lock(db, [id])
            change = contacts.ConsentChange(_known(db, id).phone, "unsubscribed", form.source, now, form.reason)
            consent.record(db, [change], now)

        app.database.write(write)
        desk.wake()
        return desk.go(f"{HERE}/{id}")


def _forgetting(router: APIRouter, desk: Desk) -> None:
    app, admin = desk.app, desk.form("admin")

    @router.get(HERE + "/{id}/forget")
    def ask_forget(id: RowId, by: Visitor = Depends(desk.visitor)) -> Response:
        by.must("admin")
        return confirm.asked(desk, HERE, by, lambda page: _forget(page, _known(page.db, id)))

    @router.post(HERE + "/{id}/forget")
    def forget(id: RowId, form: Form = Depends(admin)) -> Response:
        with desk.page("confirm.html", HERE, form.by) as page:
            who = _known(page.db, id)
            effect = _forget(page, who)
            if form.fields.get("typed", "").strip() != who.phone:
                return confirm.ask(page, effect, again=True)
        now = app.clock.now()
        forgetting.forget(app.database, who.phone, now, form.by.name, form.reason)
        return desk.go(HERE)


def _known(db: Connection, id: int) -> StoredContact:
    found = contacts.with_ids(db, [id]).get(id)
    if found is None:
        raise NotFound("there is no such contact", "who is forgotten is gone from here at once")
    return found


def _ahead(desk: Desk, id: int) -> Sequence[TimelineEntry]:
    """What comes next if the contact does nothing: played on a copy in memory; [] where nothing waits or nothing is deployed."""
    deployed, now = desk.deployed_or_none(), desk.app.clock.now()
    with desk.app.database.reading() as db:
        waits = places.inside(db, id) > 0
    if deployed is None or not waits:
        return []
    # Only here are the worlds of the preview loaded.
    from engine.preview.simulation.groups import LivePeople
    from engine.preview.simulation.upcoming import played_on

    found = list(played_on(LivePeople(desk.app.database, deployed, [id]), now, now + AHEAD))
    moments = [moment for _, moments in found for moment in moments if moment.at >= now and moment.kind not in LATE]
    return [moment._replace(what=moment.what.replace(" sent", " goes out")) for moment in moments]


def _about(page: Page, who: StoredContact, ahead: Sequence[TimelineEntry]) -> dict[str, object]:
    doing = page.deployed.summary.doing if page.deployed else (lambda flow, step: "waits")
    moments = timeline_of(page.db, who, doing)
    (about,) = listings.contacts(page.db, contact=who.id)
    return {
        "who": about | {"id": who.id, "consent_words": consents.words(about, page.now, never="unknown")},
        "earlier": max(0, len(moments) - conversation.MOST),
        "bubbles": list(conversation.bubbles(moments[-conversation.MOST :])),
        "story": list(conversation.lines(moments[-conversation.MOST :])),
        "to_come": list(conversation.lines(ahead)),
        "consents": history.consents(page.db, who.phone),
    }


def _stop(page: Page, who: StoredContact) -> Effect:
    waiting, runs = places.unsent_to(page.db, who.id), places.inside(page.db, who.id)
    return Effect(
        "Opt this number out?",
        [
            f"It gets no more messages: {waiting} that wait are cancelled, and of its {runs} runs the marketing ones end.",
            "Only the person, or `leadoff contacts subscribe`, lifts it again.",
        ],
        {"messages": waiting},
        "Opt out",
        f"{HERE}/{who.id}/stop",
        f"{HERE}/{who.id}",
    )


def _forget(page: Page, who: StoredContact) -> Effect:
    return Effect(
        "Forget this person?",
        [
            "All personal data of this number is deleted, and cannot be had back; an opt-out stays as a hash.",
        ],
        {},
        "Forget this person",
        f"{HERE}/{who.id}/forget",
        f"{HERE}/{who.id}",
        typed="the whole number of this person",
    )
