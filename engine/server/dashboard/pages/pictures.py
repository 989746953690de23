"""GET /pictures: the pictures of the project, what each becomes, and where it is used."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from engine.server.dashboard.desk import Desk
from engine.server.dashboard.drawings import Drawings
from engine.server.dashboard.visitor import Visitor

HERE = "/pictures"


def routes(desk: Desk, drawings: Drawings) -> APIRouter:
    router = desk.router()

    @router.get(HERE)
    def pictures(by: Visitor = Depends(desk.visitor)) -> Response:
        found, used = drawings.media(), drawings.senders_of_pictures()
        with desk.page("pictures.html", HERE, by) as page:
            return page.render(pictures=found, used=used)

    return router
