"""`doctor`: the effective configuration, and all problems."""

from __future__ import annotations

import platform
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import typer

from engine import __version__
from engine import clock as clocks
from engine.app import App
from engine.cli import doctor_checks
from engine.cli.shared.common import FormatOption, ProjectOption, opened_as
from engine.cli.shared.output import Format, cell, say, say_json
from engine.clock import instant
from engine.deploy.drift import drift
from engine.deploy.read_project import read_and_check
from engine.errors import LeadoffError
from engine.language.check import Checked
from engine.language.diagnostics.findings import counted, summary
from engine.language.model.project import SenderModel
from engine.registry import foreign_rules
from engine.senders import factory
from engine.senders.config import Credentials
from engine.store import carrying, deployments, migrations
from engine.store.queries import measures


def doctor(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> int:
    """The effective configuration without secrets, and all problems. Exit 1 if there are any."""
    with opened_as(App, ctx, project, "empty") as app:
        checked = read_and_check(app.root, app.registry, rules=foreign_rules())
        about = _project(app, checked)
        gone = doctor_checks.pictures_gone(app)
        about["public_url_reached"] = doctor_checks.reached(app, about["public_url"])
        sections = {
            "versions": _versions(),
            "project": about,
            "database": _about_database(app),
            "deployment": _deployment(app),
            "daemon": _daemon(app),
            **({} if app.lock.alone else {"daemons": doctor_checks.daemons(app)}),
            "clock": _clock(app),
            "senders": _senders(app, checked),
            "sources": doctor_checks.sources(app, checked.project),
            "tally": doctor_checks.tally_proved(app),
            "retention": doctor_checks.retained(app, checked.project),
            "sending": doctor_checks.sending(app) | {"pictures_gone": gone, "balances": doctor_checks.balances(app)},
        }
        amiss = [*_amiss(app, checked), *doctor_checks.problems(app, about["public_url_reached"])]
        amiss += [f"the picture {name} is gone from {app.media_dir}: `leadoff apply` brings it back" for name in gone]
    if format is Format.json:
        say_json({**sections, "amiss": amiss})
    else:
        for title, facts in sections.items():
            say(title)
            for name, value in facts.items():
                say(f"  {name:<20}{cell(value) or '–'}")
        for line in amiss:
            say(f"problem: {line}")
    return 1 if amiss else 0


def _versions() -> dict[str, Any]:
    return {"leadoff": __version__, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}


def _project(app: App, checked: Checked) -> dict[str, Any]:
    project = checked.project
    url = app.address(project.public_url) if project else app.public_url
    return {
        "folder": str(app.root),
        "files": summary(checked.findings),
        "flows": sorted(checked.flows),
        "public_url": url,
        "brand": project.brand if project else None,
        "timezone": project.timezone if project else None,
        "countries": list(project.countries) if project else [],
    }


def _about_database(app: App) -> dict[str, Any]:
    if app.database.is_stand_in:
        return {"path": app.database.name, "state": "not there"}
    with app.database.reading() as db:
        schema = migrations.version(db)
    return {"schema": schema, **app.database.about()}


def _deployment(app: App) -> dict[str, Any]:
    with app.database.reading() as db:
        stored, carried = deployments.newest(db), carrying.standing(db)
    if stored is None:
        return {"id": None}
    return {
        "id": stored.id,
        "hash": stored.hash[:12],
        "commit": stored.commit,
        "dirty": bool(stored.dirty),
        "at": instant(stored.at),
        **({"carried_over": f"up to run {carried.reached:,} of {carried.last:,}"} if carried else {}),
    }


def _daemon(app: App) -> dict[str, Any]:
    lock = app.lock
    alive = lock.held()
    return {
        "alive": alive,
        **({key: value for key, value in lock.facts().items() if key != "wake_port"} if alive else {}),
    }


def _clock(app: App) -> dict[str, Any]:
    local = datetime.now(UTC).astimezone().tzname()
    return {
        "now": instant(app.clock.now()),
        "test_clock": clocks.is_test_clock(app.environ),
        "machine_zone": local or time.tzname[0],
    }


def _senders(app: App, checked: Checked) -> dict[str, Any]:
    """Never a credential itself: only whether one is set."""
    told = {}
    for name, sender in (checked.project.senders if checked.project else {}).items():
        rate = sender.rate or factory.load(sender.provider).rates[sender.kind]
        told[name] = (
            f"{sender.provider} {sender.number}, {rate:g}/s to {', '.join(sender.countries)};"
            f" credentials: {_credentials(name, sender, app)}"
        )
    return told


def _credentials(name: str, sender: SenderModel, app: App) -> str:
    if sender.has_own_simulator:
        return "the simulator's own"
    missing = [variable for which in _missing(name, sender, app) for variable in which]
    return f"missing: {', '.join(missing)}" if missing else "all set"


def _missing(name: str, sender: SenderModel, app: App) -> tuple[list[str], list[str]]:
    if sender.has_own_simulator:  # `run` brings it, and its token
        return [], []
    return factory.missing(sender.provider, Credentials(name, app.environ))


def _unheard(app: App, checked: Checked) -> Iterator[str]:
    """Senders that cannot send, or whose callbacks nobody can believe."""
    for name, sender in (checked.project.senders if checked.project else {}).items():
        sending, hearing = _missing(name, sender, app)
        if sending:
            yield f"the sender {name} cannot send without {', '.join(sending)}"
        if hearing:
            yield f"every callback to the sender {name} is refused without {', '.join(hearing)}"


def _amiss(app: App, checked: Checked) -> list[str]:
    found = []
    if not checked.ok:
        found.append("the project has errors: `leadoff check`")
    if _deployment(app)["id"] is None:
        found.append("nothing is deployed yet: `leadoff apply`")
    elif checked.ok:
        with app.database.reading() as db:
            found.extend(filter(None, [drift(db, app.root, app.media_dir)]))
    if checked.project is not None and not checked.project.senders:
        found.append("leadoff.yaml has no senders: nothing can be sent")
    found.extend(_unheard(app, checked))
    with app.database.reading() as db:
        waiting = measures.open_notices(db)
    if waiting:
        found.append(f"{counted(waiting, 'notice')} to be looked at: `leadoff notices`")
    try:
        if _deployment(app)["id"] is not None:
            app.refuse_test_clock()
    except LeadoffError as error:
        found.append(error.message)
    return found
