"""`apply`: shows what would change, asks, and deploys."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, NamedTuple

import orjson
import typer

from engine.app import App
from engine.cli.cost_report import costs_of
from engine.cli.plan import with_forecast
from engine.cli.shared.common import FormatOption, ProjectOption, opened_as
from engine.cli.shared.output import Format, remark, remark_pieces, say, say_json
from engine.cli.shared.terminal import CARRYING_OVER, console, with_progress
from engine.deploy.apply import Applied
from engine.deploy.git import revision
from engine.deploy.live_edits.carrying_over import finish
from engine.deploy.live_edits.rollback import TAKE_BACK, brought_back
from engine.deploy.media_cache import Pictures
from engine.deploy.plan.plan import Plan
from engine.deploy.plan.planning import plan_here
from engine.deploy.project_files import deployed_files
from engine.deploy.read_project import pictures_of, read_and_check
from engine.errors import Refused, UsageError
from engine.language.check import Checked
from engine.language.compiler import canonical_hash
from engine.language.diagnostics.findings import counted, summary
from engine.language.diagnostics.rendering import render
from engine.language.lint.context import TEST_ENDING
from engine.messaging.media.picture import Fitted, parts_of
from engine.preview.plan.text import plan_lines
from engine.preview.plan.words import helps
from engine.registry import foreign_rules
from engine.store import deployments
from engine.store.deployments import Stored


def apply(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    expect: Annotated[
        str | None, typer.Option("--expect", metavar="PLAN", help="Refuse if the changes are others than in this plan.")
    ] = None,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Also where this takes back what another branch has deployed.")
    ] = False,
    again: Annotated[
        list[str] | None,
        typer.Option("--again", metavar="FLOW", help="Let this campaign fire again, at its new time."),
    ] = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> int:
    """Deploy the project; waiting contacts follow."""
    with opened_as(App, ctx, project, "create", upgrade=True) as app:
        finish(app.database, app.clock.now)
        checked = read_and_check(app.root, app.registry, rules=foreign_rules())
        _tell(checked)
        if not checked.ok:
            raise Refused("the project has errors; nothing was changed", "`leadoff check` shows them")
        for flow in again or ():
            if flow not in checked.flows:
                raise UsageError(f'there is no flow "{flow}"', "name the flow of the campaign")
        with app.database.reading() as db:
            standing = deployments.newest(db)
            made = plan_here(
                db, app.root, app.registry, checked, revision(app.root), app.clock.now(), tuple(again or ())
            )
            costs = list(costs_of(checked, _priced_anew(made, checked)))
            back = brought_back(db, checked)
        if not yes:  # somebody looks at it
            made = with_forecast(made, app, app.clock.now(), again or ())
        changes = _changes(standing, checked, pictures_of(app.root, lambda: checked.project))
        _show(made, checked, [each.line for each in changes if each.line], costs)
        _refuse(made, expect)
        if back and not take_back:
            raise Refused(f"{back[0].why}; nothing was changed", TAKE_BACK)
        _confirm(app, made, yes, take_back)
        planned = made.before.deployment if made.before else 0
        done = with_progress(
            lambda tell: app.apply(checked, again or (), planned, take_back, tell), "contacts", CARRYING_OVER
        )
    if format is Format.json:
        _say_json(done, made, changes)
    else:
        _say(done)
    return 0


def _say_json(done: Applied, made: Plan, changes: Sequence[_Change]) -> None:
    about = {
        "deployment": done.id,
        "hash": done.hash,
        "changed": done.changed,
        "commit": done.commit,
        "dirty": done.dirty,
        "plan": made.id,
    }
    say_json({**about, "flows": done.flows, "changes": [{"change": each.kind, "file": each.name} for each in changes]})


def _say(done: Applied) -> None:
    commit = f", commit {done.commit[:12]}" if done.commit else ", not in git"
    state = "applied" if done.changed else "nothing to change"
    say(f"{state}: deployment {done.id} ({done.hash[:12]}{commit}{' with uncommitted changes' if done.dirty else ''})")


def _priced_anew(made: Plan, checked: Checked) -> list[str]:
    """The flows whose costs are shown: those that change; all where leadoff.yaml changes, which has the prices."""
    touched = {flow.change.flow for flow in made.flows if flow.change.change != "same"}
    return [name for name in checked.flows if made.settings or name in touched]


def _tell(checked: Checked) -> None:
    """The findings of what is deployed; tests of flows are not."""
    findings = [found for found in checked.findings if not found.file.endswith(TEST_ENDING)]
    if findings:
        typer.echo(render(findings, checked.sources), err=True)
        remark(summary(findings))
    wrong = sum(found.severity == "error" for found in checked.findings) - sum(f.severity == "error" for f in findings)
    if wrong:
        remark(f"the flow tests have {counted(wrong, 'error')}: `leadoff check` shows them; tests are not deployed")


def _show(made: Plan, checked: Checked, pictures: list[str], costs: list[str]) -> None:
    """The plan, what was done to pictures, and what the flows cost; nothing where there is nothing to do."""
    assert checked.project is not None
    if made.there or made.takes_back:
        for line in plan_lines(made, checked.project.timezone):
            remark_pieces(line)
    for text in (*pictures, *(costs if made.there else ())):
        remark(text)


def _refuse(made: Plan, expect: str | None) -> None:
    """Raises Refused where the plan cannot be carried out, or is not the one that was looked at."""
    if expect is not None and expect != made.id:
        raise Refused(
            f"the plan is another one now: {made.id}, not {expect}; nothing was changed", "look at it: `leadoff plan`"
        )
    if made.refused:
        first = made.refused[0]
        more = f"; and {len(made.refused) - 1} more" if len(made.refused) > 1 else ""
        raise Refused(f"{first.why}{more}; nothing was changed", next(helps(first), first.help))


def _confirm(app: App, made: Plan, yes: bool, take_back: bool) -> None:
    """Ask what is to be asked. What another branch has deployed is asked for even with --yes."""
    if made.there and made.cannot_tell and yes and not take_back:
        raise Refused(
            f"{made.cannot_tell}; nothing was changed",
            "fetch the whole history (`git fetch --unshallow`; in CI `fetch-depth: 0`); or, to deploy without knowing it:"
            " `leadoff apply --yes --take-back`",
        )
    asks_back = made.takes_back is not None and not take_back
    if asks_back and not sys.stdin.isatty():
        raise Refused(
            "this takes back what another branch has deployed; nothing was changed",
            "merge that branch first; or, to take it back: `leadoff apply --yes --take-back`",
        )
    if asks_back or (made.there and not yes):
        _ask(app)


def _ask(app: App) -> None:
    if not sys.stdin.isatty():
        raise Refused(
            "this is no terminal, so nobody can confirm; nothing was changed", "confirm with `leadoff apply --yes`"
        )
    if console(stderr=True).input(f"Deploy to {app.database.name}? [y/N] ", markup=False).strip().lower() not in (
        "y",
        "yes",
    ):
        raise Refused("nothing was changed")


class _Change(NamedTuple):
    kind: str  # added | removed | changed
    name: str
    line: str  # of a picture; of other files the plan tells


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
