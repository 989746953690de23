"""GET /pictures: the pictures of the project, what each becomes, and where it is used."""

from __future__ import annotations

from collections import defaultdict

from fastapi import APIRouter, Depends, Response

from engine.server.dashboard.desk import Desk
from engine.server.dashboard.drawings import Drawings
from engine.server.dashboard.visitor import Visitor

HERE = "/pictures"


def routes(desk: Desk, drawings: Drawings) -> APIRouter:
    router = desk.router()

    @router.get(HERE)
    def pictures(by: Visitor = Depends(desk.visitor)) -> Response:
        found, used = drawings.media(), defaultdict[str, list[tuple[str, str]]](list)
        deployed = desk.deployed_or_none()
        for flow in deployed.programs if deployed else ():
            drawn = drawings.of(flow)
            for card in drawn.chart.cards() if drawn else ():
                if card.picture is not None and card.step is not None:
                    used[card.picture].append((flow, card.step))
        with desk.page("pictures.html", HERE, by) as page:
            return page.render(pictures=found, used=used)

    return router
