"""GET /: what needs me? Notices, messages of which nobody knows, all sending on hold; then what goes on."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from engine.delivery.budget import budget_left
from engine.server.dashboard.desk import Desk, Form
from engine.server.dashboard.links import RowId
from engine.server.dashboard.visitor import Visitor
from engine.server.readiness import reasons
from engine.store import notices, spending
from engine.store.queries import measures, needs

NEWEST = 50


def routes(desk: Desk) -> APIRouter:
    router, app, operator = desk.router(), desk.app, desk.form("operator")

    @router.get("/")
    def today(by: Visitor = Depends(desk.visitor)) -> Response:
        amiss = list(reasons(app, desk.heartbeat))
        with desk.page("today.html", "/", by) as page:
            db, now, deployed = page.db, page.now, page.deployed
            return page.render(
                amiss=amiss,
                notices=needs.open_notices(db, NEWEST),
                open=measures.open_notices(db),
                unknown=measures.unknown_messages(db),
                spent=spending.spent(db, budget_left(db, deployed, now).day) if deployed else 0,
                budget=deployed.project.budget.per_day if deployed else None,
                overdue=measures.overdue(db, now),
                plots=page.plots(),
                inbox=measures.inbox_depth(db),
            )

    @router.post("/notices/{id}/done")
    def done(id: RowId, form: Form = Depends(operator)) -> Response:
        app.database.write(lambda db: notices.finish(db, id, app.clock.now()))
        return desk.go("/")

    return router
