"""GET /system: is the machine sound?"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from engine import __version__
from engine.server.dashboard.desk import Desk
from engine.server.dashboard.visitor import Visitor
from engine.server.readiness import reasons
from engine.store import migrations
from engine.store.queries import measures


def routes(desk: Desk) -> APIRouter:
    router, app = desk.router(), desk.app

    @router.get("/system")
    def system(by: Visitor = Depends(desk.visitor)) -> Response:
        amiss = list(reasons(app, desk.heartbeat))
        daemons = [] if app.lock.alone else app.lock.daemons()
        with desk.page("system.html", "/system", by) as page:
            db, now = page.db, page.now
            senders = page.deployed.project.senders if page.deployed else {}
            return page.render(
                amiss=amiss,
                version=__version__,
                schema=migrations.version(db),
                beat=desk.heartbeat.last_beat,
                senders={name: (profile, measures.queue(db, name, now)) for name, profile in senders.items()},
                pauses=measures.pauses(db, now),
                refusals=measures.refusals(db),
                daemons=daemons,
            )

    return router
