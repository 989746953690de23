"""`db` and `doctor`: is everything as it should be?"""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from engine import __version__
from engine import clock as clocks
from engine.app import DEFAULT_DATABASE, App
from engine.cli import standing
from engine.cli.common import FormatOption, ProjectOption, opened, root_of
from engine.cli.output import Format, cell, say, say_json
from engine.clock import instant
from engine.deploy.apply import read_and_check
from engine.errors import LeadoffError
from engine.language import Checked, summary
from engine.messaging.providers import SIMULATOR
from engine.senders import providers
from engine.senders.setup import Credentials
from engine.store import deployments, migrations, notices
from engine.store.database import DaemonLock, Database, path_of

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.callback()
def db() -> None:
    """Bring the database up to date, or check it."""


def _database(ctx: typer.Context, project: Path | None) -> Database:
    return Database(path_of(os.environ.get("LEADOFF_DATABASE_URL") or DEFAULT_DATABASE, root_of(ctx, project)))


@app.command()
def upgrade(ctx: typer.Context, project: ProjectOption = None) -> None:
    """Bring the schema up to date; the other commands do it by themselves."""
    database = _database(ctx, project)
    try:
        done = migrations.upgrade(database)
    finally:
        database.close()
    say(f"{'brought up to' if done else 'is at'} schema {migrations.HEAD}: {database.path}")


@app.command()
def check(ctx: typer.Context, project: ProjectOption = None) -> int:
    """Is the file sound, the schema ours, and does every row belong to something?"""
    database = _database(ctx, project)
    try:
        with database.reading() as db:
            wrong = list(_wrong(db))
    finally:
        database.close()
    for line in wrong:
        say(line)
    if not wrong:
        say(f"sound: {database.path}")
    return 1 if wrong else 0


ORPHANS = {  # a negative contact is one that was forgotten
    "runs without a contact": "SELECT COUNT(*) FROM run r WHERE r.contact > 0"
    " AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = r.contact)",
    "runs of an unknown flow or step": "SELECT COUNT(*) FROM run r LEFT JOIN flow f ON f.id = r.flow LEFT JOIN step s ON s.flow = r.flow"
    " AND s.number = r.step WHERE f.id IS NULL OR (r.step IS NOT NULL AND s.number IS NULL)",
    "messages without a contact": "SELECT COUNT(*) FROM message m WHERE m.contact > 0"
    " AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = m.contact)",
    "messages without a run": "SELECT COUNT(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM run r WHERE r.id = m.run)",
    "messages without a deployment": "SELECT COUNT(*) FROM message m WHERE NOT EXISTS"
    " (SELECT 1 FROM deployment d WHERE d.id = m.deployment)",
    "links without a message": "SELECT COUNT(*) FROM link l WHERE NOT EXISTS"
    " (SELECT 1 FROM message m WHERE m.contact = l.contact AND m.run = l.run AND m.step = l.step)",
}


def _wrong(db: sqlite3.Connection) -> Iterator[str]:
    try:
        for (line,) in db.execute("PRAGMA integrity_check"):
            if line != "ok":
                yield f"integrity: {line}"
        found = migrations.version(db)
        if found != migrations.HEAD:
            yield f"schema {found or 'none'}, this program has {migrations.HEAD}: `leadoff db upgrade`"
            return
        for what, sql in ORPHANS.items():
            (count,) = db.execute(sql).fetchone()
            if count:
                yield f"{count} {what}"
    except sqlite3.DatabaseError as error:
        yield f"the file is damaged: {error}"


def doctor(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> int:
    """The effective configuration without secrets, and what is amiss. Exit 1 where something is."""
    with opened(ctx, project) as app:
        checked = read_and_check(app.root, app.registry)
        about = _project(app, checked)
        about["public_url_reached"] = standing.reached(app, about["public_url"])
        sections = {
            "versions": _versions(),
            "project": about,
            "database": _about_database(app),
            "deployment": _deployment(app),
            "daemon": _daemon(app),
            "clock": _clock(app),
            "senders": _senders(app, checked),
            "sending": standing.sending(app),
        }
        amiss = [*_amiss(app, checked), *standing.amiss(app, about["public_url_reached"])]
    if format is Format.json:
        say_json({**sections, "amiss": amiss})
    else:
        for title, facts in sections.items():
            say(title)
            for name, value in facts.items():
                say(f"  {name:<20}{cell(value)}")
        for line in amiss:
            say(f"amiss: {line}")
    return 1 if amiss else 0


def _versions() -> dict[str, Any]:
    return {"leadoff": __version__, "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}


def _project(app: App, checked: Checked) -> dict[str, Any]:
    project = checked.project
    url = app.public_url or (project.public_url if project else None)
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
    pragmas = ("journal_mode", "synchronous", "foreign_keys", "wal_autocheckpoint", "page_size")
    with app.database.reading() as db:
        found = {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas}
        schema = migrations.version(db)
    path = app.database.path
    return {"path": str(path), "bytes": path.stat().st_size, "schema": schema, **found}


def _deployment(app: App) -> dict[str, Any]:
    with app.database.reading() as db:
        stored = deployments.newest(db)
    if stored is None:
        return {"id": None}
    return {
        "id": stored.id,
        "hash": stored.hash[:12],
        "commit": stored.commit,
        "dirty": bool(stored.dirty),
        "at": instant(stored.at),
    }


def _daemon(app: App) -> dict[str, Any]:
    lock = DaemonLock(app.database.path)
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
        told[name] = (
            f"{sender.provider} {sender.number}, {sender.parts_per_second:g}/s to {', '.join(sender.countries)};"
            f" credentials: {_credentials(sender.provider, Credentials(name, app.environ))}"
        )
    return told


def _credentials(provider: str, credentials: Credentials) -> str:
    missing = [variable for which in providers.missing(provider, credentials) for variable in which]
    if missing:
        return f"missing: {', '.join(missing)}"
    both = credentials.get("ACCOUNT") and credentials.get("TOKEN")
    return "the simulator's own" if provider == SIMULATOR and not both else "all set"


def _unheard(app: App, checked: Checked) -> Iterator[str]:
    """Senders that cannot send, or whose callbacks nobody can believe."""
    for name, sender in (checked.project.senders if checked.project else {}).items():
        sending, hearing = providers.missing(sender.provider, Credentials(name, app.environ))
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
    if checked.project is not None and not checked.project.senders:
        found.append("leadoff.yaml has no senders: nothing can be sent")
    found.extend(_unheard(app, checked))
    with app.database.reading() as db:
        waiting = notices.count_open(db)
    if waiting:
        found.append(f"{waiting} notice{'s' if waiting > 1 else ''} to be looked at: `leadoff notices`")
    try:
        if _deployment(app)["id"] is not None:
            app.refuse_test_clock()
    except LeadoffError as error:
        found.append(error.message)
    return found
