"""`apply`: shows what would change, asks, and deploys."""

from __future__ import annotations

import sys
from typing import Annotated, NamedTuple

import orjson
import typer

from engine.app import App
from engine.cli.cost_report import costs_of
from engine.cli.shared.common import FormatOption, ProjectOption, opened_as
from engine.cli.shared.output import Format, remark, say, say_json
from engine.cli.shared.terminal import console
from engine.deploy.apply import refuse_lost_places
from engine.deploy.media_cache import Pictures
from engine.deploy.project_files import deployed_files
from engine.deploy.read_project import pictures_of, read_and_check
from engine.errors import Refused, UsageError
from engine.language.check import Checked
from engine.language.compiler import canonical_hash
from engine.language.diagnostics.findings import summary
from engine.language.diagnostics.rendering import render
from engine.messaging.media.picture import Fitted, parts_of
from engine.registry import foreign_rules
from engine.store import deployments
from engine.store.deployments import Stored


def apply(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    again: Annotated[
        list[str] | None,
        typer.Option("--again", metavar="FLOW", help="Let this campaign fire again, at its new time."),
    ] = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> int:
    """Deploy the project; waiting contacts follow."""
    with opened_as(App, ctx, project, "create") as app:
        checked = read_and_check(app.root, app.registry, rules=foreign_rules())
        if checked.findings:
            typer.echo(render(checked.findings, checked.sources), err=True)
            remark(summary(checked.findings))
        if not checked.ok:
            raise Refused("the project has errors; nothing was changed", "`leadoff check` shows them")
        with app.database.reading() as db:
            standing = deployments.newest(db)
            costs = list(costs_of(checked, db, app.clock.now()))
        changes = _changes(standing, checked, pictures_of(app.root, lambda: checked.project))
        for line in (*(each.line for each in changes), *(costs if changes else ())):
            remark(line)
        for flow in again or ():
            if flow not in checked.flows:
                raise UsageError(f'there is no flow "{flow}"', "name the flow of the campaign")
        if changes and not yes:
            refuse_lost_places(app.database, app.registry, checked)  # before the question; `app.apply` looks again
            _ask(app)
        done = app.apply(checked, again or ())
    if format is Format.json:
        about = {
            "deployment": done.id,
            "hash": done.hash,
            "changed": done.changed,
            "commit": done.commit,
            "dirty": done.dirty,
        }
        say_json(
            {**about, "flows": done.flows, "changes": [{"change": each.kind, "file": each.name} for each in changes]}
        )
        return 0
    commit = f", commit {done.commit[:12]}" if done.commit else ", not in git"
    state = "applied" if done.changed else "nothing to change"
    say(f"{state}: deployment {done.id} ({done.hash[:12]}{commit}{' with uncommitted changes' if done.dirty else ''})")
    return 0


def _ask(app: App) -> None:
    if not sys.stdin.isatty():
        raise Refused(
            "this is no terminal, so nobody can confirm; nothing was changed", "confirm with `leadoff apply --yes`"
        )
    if console(stderr=True).input(f"Deploy to {app.database.path}? [y/N] ", markup=False).strip().lower() not in (
        "y",
        "yes",
    ):
        raise Refused("nothing was changed")


class _Change(NamedTuple):
    kind: str  # added | removed | changed
    name: str
    line: str


KINDS = {"+": "added", "-": "removed", "~": "changed"}


def _changes(standing: Stored | None, checked: Checked, pictures: Pictures) -> list[_Change]:
    """File by file, against what is deployed; [] where both mean the same."""
    if standing is not None and standing.hash == canonical_hash(checked):
        return []
    before: dict[str, dict[str, object]] = orjson.loads(standing.content) if standing else {"files": {}, "media": {}}
    media = {path: info.ref for path, info in checked.media.items()}
    old_media = {path: info["ref"] for path, info in before["media"].items() if isinstance(info, dict)}
    files_now = deployed_files(checked.sources)
    files = [_Change(KINDS[sign], name, f"  {sign} {name}") for sign, name in _differences(before["files"], files_now)]
    return files + [
        _Change(KINDS[sign], name, _picture(sign, name, pictures)) for sign, name in _differences(old_media, media)
    ]


def _picture(sign: str, name: str, pictures: Pictures) -> str:
    """With what was done to it, where something was."""
    found = pictures.fitted(name) if sign != "-" else None
    line = f"  {sign} {' + '.join(parts_of(name))}"
    return f"{line}  {found.summary()}" if isinstance(found, Fitted) and found.actions else line


def _differences(before: dict[str, object], after: dict[str, str]) -> list[tuple[str, str]]:
    """`+`, `-` or `~`, and the name."""
    found = []
    for name in sorted({*before, *after}):
        if name not in before:
            found.append(("+", name))
        elif name not in after:
            found.append(("-", name))
        elif before[name] != after[name]:
            found.append(("~", name))
    return found
