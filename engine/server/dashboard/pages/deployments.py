"""GET /deployments: what is live, who changed what, can I go back?"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from engine.server.dashboard.desk import Desk
from engine.server.dashboard.links import RowId
from engine.server.dashboard.visitor import Visitor
from engine.store import person_actions
from engine.store.queries import newest

HERE = "/deployments"


def routes(desk: Desk) -> APIRouter:
    router = desk.router()

    @router.get(HERE)
    def deployments(before: RowId | None = None, by: Visitor = Depends(desk.visitor)) -> Response:
        with desk.page("deployments.html", HERE, by) as page:
            found = newest.deployments(page.db, before)
            return page.render(
                rows=found.rows,
                newest=before is None,
                older=f"{HERE}?before={found.further}" if found.further else None,
                actions=person_actions.newest(page.db, limit=newest.ROWS),
            )

    return router
