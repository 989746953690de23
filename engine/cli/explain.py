"""`explain`: the story of one contact, on the contact's own clock, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.explain_text import draw
from engine.cli.shared import common
from engine.cli.shared.found_contact import found_contact
from engine.cli.shared.output import Format, say_json
from engine.cli.shared.terminal import console
from engine.core.calendar import DAY
from engine.deploy.project_files import TEST_ENDING
from engine.deploy.summary import NOTHING_DEPLOYED
from engine.store import interned_names
from engine.store.contacts import StoredContact
from engine.store.queries import listings
from engine.store.queries.timeline import LATE, TimelineEntry, timeline_of
from engine.views import moments as views
from engine.views import public_rows
from engine.views.addresses import without_queries
from engine.workspace import Workspace

AHEAD = 30 * DAY


def explain(
    ctx: typer.Context,
    contact: Annotated[
        str, typer.Argument(metavar="CONTACT", help="A key, a number or a part of it, a name, an e-mail address.")
    ],
    flow: common.FlowOption = None,
    format: common.FormatOption = Format.text,
    project: common.ProjectOption = None,
) -> None:
    """What happened to one contact and why, and what comes next if the contact does nothing."""
    with common.opened(ctx, project, "empty") as app:
        summary = common.deployed_summary(app) or NOTHING_DEPLOYED
        with app.database.reading() as db:
            who = found_contact(db, contact)
            if flow is not None:
                common.one_of(flow, sorted(interned_names.load(db).flow_ids), "flow")
            moments = timeline_of(db, who, summary.doing, flow)
            (about,) = listings.contacts(db, contact=who.id)
        ahead = [moment for moment in _ahead(app, who, moments) if flow in (None, moment.flow)]
        moments, ahead = _placed(app, [_without_keys(moment) for moment in moments], ahead)
        common.remark_drift(app)
        now = app.clock.now()
    if format is Format.json:
        say_json(
            {
                "contact": public_rows.contact(about, now),
                "story": [views.row(moment) for moment in moments],
                "to_come": [views.row(moment) for moment in ahead],
            }
        )
    else:
        draw(console(), about, moments, ahead, summary.currency, now)


def _ahead(app: Workspace, who: StoredContact, moments: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """What comes next, rendered, if nobody reacts; [] where nothing waits."""
    if not any(moment.kind in LATE for moment in moments):
        return []
    # Only here are the flows compiled.
    from engine.deployed_workspace import DeployedWorkspace
    from engine.preview.simulation.groups import LivePeople
    from engine.preview.simulation.upcoming import played_on

    now = app.clock.now()
    with DeployedWorkspace(app.root, app.environ, app.clock) as live:
        ((_, found),) = played_on(LivePeople(live.database, live.deployed(), [who.id]), now, now + AHEAD)
    return [_to_come(moment) for moment in found if moment.at >= now or moment.kind in LATE]


def _without_keys(moment: TimelineEntry) -> TimelineEntry:
    """The address of a cart is a key to it."""
    if moment.kind != "event" or not moment.details.get("data"):
        return moment
    return moment._replace(details={**moment.details, "data": without_queries(moment.details["data"])})


def _to_come(moment: TimelineEntry) -> TimelineEntry:
    """Nothing is sent yet."""
    return moment._replace(what=moment.what.replace(" sent", " goes out")) if moment.kind == "message" else moment


def _placed(
    app: Workspace, moments: list[TimelineEntry], ahead: list[TimelineEntry]
) -> tuple[list[TimelineEntry], list[TimelineEntry]]:
    """Each message with the place of its step in the files of its deployment, and how many tests reach it."""
    messages = [moment for moment in (*moments, *ahead) if _is_ours(moment)]
    if not messages:
        return moments, ahead
    from engine.deploy.step_places import places_in

    with app.database.reading() as db:
        of = {id: places_in(db, id) for id in {moment.details["deployment"] for moment in messages}}
    tests = _tests(app.root, {str(moment.flow) for moment in messages})

    def placed(moment: TimelineEntry) -> TimelineEntry:
        if not _is_ours(moment):
            return moment
        key = str(moment.flow), str(moment.step)
        more = {
            "place": of[moment.details["deployment"]].get(key),
            "tests": None if tests is None else tests.get(key, 0),
        }
        return moment._replace(details={**moment.details, **more})

    return [placed(moment) for moment in moments], [placed(moment) for moment in ahead]


def _is_ours(moment: TimelineEntry) -> bool:
    """Whether it is a message that a flow has written."""
    return moment.kind in ("message", "queued") and not str(moment.flow).startswith("@")


def _tests(root: Path, flows: set[str]) -> Mapping[tuple[str, str], int] | None:
    """(flow, step) -> how many tests of the folder reach it; None where its files have errors."""
    tested = {flow for flow in flows if any((root / path / (flow + TEST_ENDING)).is_file() for path in ("", "flows"))}
    if not tested:
        return {}
    # Only where there are tests are they run.
    from functools import partial

    from engine.deploy.project_files import open_regular
    from engine.deploy.read_project import read_and_check
    from engine.preview.flow_tests.covering import tests_of_messages
    from engine.preview.worlds.stage import Stage
    from engine.registry import registry

    checked = read_and_check(root, registry())
    return tests_of_messages(Stage(checked), partial(open_regular, root), tested) if checked.ok else None
