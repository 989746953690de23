"""All sending: POST /hold stops it with one click; GET /release says what goes on, POST /release lets it.

Invariants: after a restore it says what a person decides about, as `leadoff release` does.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from engine.language.diagnostics.findings import counted
from engine.server.dashboard import confirm
from engine.server.dashboard.confirm import Effect
from engine.server.dashboard.desk import Desk, Form, Page
from engine.server.dashboard.visitor import Visitor
from engine.store import deeds, restored
from engine.store.queries import needs


def routes(desk: Desk) -> APIRouter:
    router, app, operator = desk.router(), desk.app, desk.form("operator")

    @router.post("/hold")
    def hold(form: Form = Depends(operator)) -> Response:
        by = desk.deed_by(form)
        app.database.write(lambda db: deeds.hold(db, by))
        return desk.go("/")

    @router.get("/release")
    def ask(by: Visitor = Depends(desk.visitor)) -> Response:
        by.must("operator")
        return confirm.asked(desk, "/", by, _effect)

    @router.post("/release")
    def release(form: Form = Depends(operator)) -> Response:
        if (again := confirm.objection(desk, "/", form, _effect)) is not None:
            return again
        by = desk.deed_by(form)
        app.database.write(lambda db: deeds.release(db, by))
        desk.wake()
        return desk.go("/")

    return router


def _effect(page: Page) -> Effect:
    due, late, cost = needs.leaves_at_once(page.db, page.now)
    lines = [f"{counted(due, 'message')} {'leaves' if due == 1 else 'leave'} at once."]
    if late:
        lines.append(f"{counted(late, 'message')} of these expired meanwhile: dropped, not sent late.")
    found = restored.open_questions(page.db)
    if found is not None:
        lines.append(
            f"The database was put back: {counted(found.unknown, 'message')} may have been sent before,"
            f" {counted(found.left_out, 'text')} of that time are left out; `leadoff release --send-left-out` sends them."
        )
    return Effect(
        "Let sending go on?",
        [*lines, f"About {page.money(cost)}."],
        {"due": due},
        f"Let {counted(due, 'message')} leave",
        "/release",
        "/",
    )
