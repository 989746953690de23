"""GET /flows and /flows/{name}: where are they, and does it work? Pause, resume, stop, roll back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING
from zlib import crc32
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Response

from engine.errors import NotFound, Refused
from engine.language.diagnostics.findings import counted
from engine.runtime.recurring import stop_flow
from engine.server.dashboard import confirm
from engine.server.dashboard.confirm import Effect
from engine.server.dashboard.desk import Desk, Form, Page
from engine.server.dashboard.drawings import Drawings, as_list, choices, image
from engine.server.dashboard.links import RowId
from engine.server.dashboard.visitor import Visitor
from engine.store import deeds, holds, person_actions
from engine.store.queries import earnings, needs, newest, places, statistics
from engine.store.queries.earnings import Credit
from engine.store.queries.listings import ANY
from engine.store.queries.totals import EVER, Totals
from engine.store.sql import Connection
from engine.views import figures, public_rows
from engine.views.figures import Earned
from engine.views.moments import day_and_clock

if TYPE_CHECKING:
    from engine.deploy.plan.rollback_plan import RollbackPlan

HERE = "/flows"
NEWEST_ACTIONS = 20
MOST_STRETCHES = 8


def routes(desk: Desk, drawings: Drawings) -> APIRouter:
    router, app, totals = desk.router(), desk.app, Totals()

    @router.get(HERE)
    def flows(by: Visitor = Depends(desk.visitor)) -> Response:
        with desk.page("flows.html", HERE, by) as page:
            summary = page.deployed.summary if page.deployed else None
            return page.render(rows=public_rows.flows(page.db, ANY, summary))

    @router.get(HERE + "/{name}")
    def flow(name: str, list: bool = False, by: Visitor = Depends(desk.visitor)) -> Response:
        drawn = drawings.of(name)
        with desk.page("flow.html", HERE, by) as page:
            id = _id(page.db, name)
            found = totals.of_flow(page.db, id, page.now)
            counts, passed = places.of_flow(page.db, id, found), places.passed(page.db, id, found)
            stats = statistics.of_flow(page.db, id, found=found)
            earned = _earned(page, id)
            return page.render(
                name=name,
                goal=page.goal,
                earned=earned,
                list=list,
                drawn=drawn is not None,
                steps=as_list(drawn.chart, counts, passed) if drawn else [],
                inside=sum(each.waiting + each.parked for each in counts.values()),
                stamp=crc32(repr((page.deployed and page.deployed.id, counts, passed)).encode()),
                about=drawn.chart.about if drawn else "",
                description=drawn.chart.description if drawn else "",
                stats=stats,
                choices=choices(drawn.chart, passed, stats.steps, earned) if drawn else [],
                plots=page.plots(id),
                paused=holds.paused(page.db).get(id),
                actions=person_actions.newest(page.db, name, NEWEST_ACTIONS),
            )

    @router.get(HERE + "/{name}/drawing.svg", dependencies=[Depends(desk.visitor)])
    def drawing(name: str) -> Response:
        drawn = drawings.of(name)
        if drawn is None:
            raise NotFound("there is no such flow")
        with app.database.reading() as db:
            id = _id(db, name)
            found = totals.of_flow(db, id, app.clock.now())
            counts, passed = places.of_flow(db, id, found), places.passed(db, id, found)
        return image(drawn, counts, f"deployment {app.deployed().id}", passed)

    _pausing(router, desk)
    _stopping(router, desk)
    _going_back(router, desk)
    return router


def _pausing(router: APIRouter, desk: Desk) -> None:
    app, operator = desk.app, desk.form("operator")

    @router.post(HERE + "/{name}/pause")
    def pause(name: str, form: Form = Depends(operator)) -> Response:
        by = desk.deed_by(form)
        app.database.write(lambda db: deeds.pause(db, _id(db, name), name, by))
        return desk.go(f"{HERE}/{name}")

    @router.get(HERE + "/{name}/resume")
    def ask_resume(name: str, by: Visitor = Depends(desk.visitor)) -> Response:
        by.must("operator")
        return confirm.asked(desk, HERE, by, lambda page: _resume(page, name))

    @router.post(HERE + "/{name}/resume")
    def resume(name: str, form: Form = Depends(operator)) -> Response:
        if (again := confirm.objection(desk, HERE, form, lambda page: _resume(page, name))) is not None:
            return again
        by = desk.deed_by(form)
        app.database.write(lambda db: deeds.resume(db, _id(db, name), name, by))
        desk.wake()
        return desk.go(f"{HERE}/{name}")


def _stopping(router: APIRouter, desk: Desk) -> None:
    app, operator = desk.app, desk.form("operator")

    @router.get(HERE + "/{name}/stop")
    def ask_stop(name: str, by: Visitor = Depends(desk.visitor)) -> Response:
        by.must("operator")
        return confirm.asked(desk, HERE, by, lambda page: _stop(desk, page, name))

    @router.post(HERE + "/{name}/stop")
    def stop(name: str, form: Form = Depends(operator)) -> Response:
        if (again := confirm.objection(desk, HERE, form, lambda page: _stop(desk, page, name))) is not None:
            return again
        by, deployed = desk.deed_by(form), app.deployed()
        with app.database.reading() as db:
            said = stop_flow.words(stop_flow.reach(db, deployed, name, by.at))
        app.database.write(lambda db: stop_flow.begin(db, deployed, name, by, said))
        stretches = iter(
            range(MOST_STRETCHES)
        )  # the daemon ends the others within a minute; the flow is paused until then
        stop_flow.finish(app.database, lambda: next(stretches, None) is not None)
        desk.wake()
        return desk.go(f"{HERE}/{name}")


def _going_back(router: APIRouter, desk: Desk) -> None:
    app, admin = desk.app, desk.form("admin")

    @router.get(HERE + "/{name}/rollback")
    def ask_rollback(name: str, to: RowId | None = None, by: Visitor = Depends(desk.visitor)) -> Response:
        by.must("admin")
        planned = _rollback(desk, name, to)
        found = planned.rollback
        with desk.page("plan.html", HERE, by) as page:
            lines = _lines(planned, page)
            return page.render(
                name=name, to=found.to, standing=found.standing, lines=lines, refused=planned.plan.refused
            )

    @router.post(HERE + "/{name}/rollback")
    def roll_back(name: str, form: Form = Depends(admin)) -> Response:
        planned = _rollback(desk, name, form.whole("to"))
        planned.allow()
        found = planned.rollback
        if found.standing != form.whole("standing"):
            raise Refused("another deployment has come since you looked", "look at the plan again")
        app.roll_back(found)
        now = app.clock.now()
        note = f"to deployment {found.to}" + (f": {form.reason}" if form.reason else "")
        app.database.write(lambda db: person_actions.add(db, now, form.by.name, "rollback", name, note))
        return desk.go(f"{HERE}/{name}")


def _earned(page: Page, flow: int) -> Mapping[str, Earned]:
    """By step."""
    if page.goal is None:
        return {}
    by_step = defaultdict[str, list[Credit]](list)
    for credit in earnings.of_goal(page.db, page.goal, EVER, flow):
        by_step[credit.step or ""].append(credit)
    return {step: figures.earned(credits) for step, credits in by_step.items()}


def _id(db: Connection, name: str) -> int:
    found = newest.flows_of_authors(db).get(name)
    if found is None:
        raise NotFound("there is no flow with this name")
    return found


def _resume(page: Page, name: str) -> Effect:
    runs, messages, cost = needs.goes_on(page.db, _id(page.db, name), page.now)
    return Effect(
        f"Let {name} go on?",
        [
            f"{counted(runs, 'run')} that waited {'goes' if runs == 1 else 'go'} on, in due order.",
            f"{counted(messages, 'message')} {'leaves' if messages == 1 else 'leave'} at once, about {page.money(cost)};"
            " what is too late by now is dropped.",
        ],
        {"runs": runs, "messages": messages},
        f"Let {counted(runs, 'run')} go on",
        f"{HERE}/{name}/resume",
        f"{HERE}/{name}",
    )


def _stop(desk: Desk, page: Page, name: str) -> Effect:
    _id(page.db, name)
    found = stop_flow.reach(page.db, desk.app.deployed(), name, page.now)
    if found.is_over:
        help = "pause it to keep it from starting" if found.starts_again else "it does not start again"
        raise Refused("nobody is in this flow, and nothing of it is to leave", help)
    zone, people = ZoneInfo(desk.app.deployed().project.timezone), found.inside + found.to_start
    return Effect(
        f"Stop {name}?",
        [
            f"{stop_flow.words(found)}.",
            "What has not gone ends now, for good; a request that is under way is not cut off.",
            stop_flow.goes_on(name, found, lambda at: day_and_clock(at, zone)),
        ],
        {"inside": found.inside, "unsent": found.unsent, "start": found.to_start},
        f"Stop it for {counted(people, 'contact')}" if people else f"Cancel {counted(found.unsent, 'message')}",
        f"{HERE}/{name}/stop",
        f"{HERE}/{name}",
    )


def _rollback(desk: Desk, name: str, to: int | None) -> RollbackPlan:
    from engine.deploy.plan.rollback_plan import rollback_plan

    app = desk.app
    with app.database.reading() as db:
        _id(db, name)
        return rollback_plan(db, app.root, app.registry, app.media_dir, name, to, app.clock.now())


def _lines(planned: RollbackPlan, page: Page) -> list[str]:
    from engine.preview.plan.text import plan_lines

    zone = page.deployed.project.timezone if page.deployed else "UTC"
    return ["".join(piece.text for piece in line) for line in plan_lines(planned.plan, zone)]
