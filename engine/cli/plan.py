"""`plan`: what `apply` would do, and to whom."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared.asked_server import deployment_of
from engine.cli.shared.common import ProjectOption, opened_as, root_of
from engine.cli.shared.output import remark, say_json, say_piece, say_pieces
from engine.clock import from_environment
from engine.deploy.git import revision
from engine.deploy.plan.plan import Knows, Plan
from engine.deploy.plan.planning import plan_against, plan_here
from engine.deploy.plan.standing import shadow_of
from engine.deploy.read_project import Registry, read_and_check
from engine.deployed_workspace import DeployedWorkspace
from engine.errors import UsageError
from engine.language.check import Checked
from engine.language.diagnostics.findings import summary
from engine.language.diagnostics.rendering import render
from engine.preview.plan.document import plan_document
from engine.preview.plan.markdown import plan_markdown
from engine.preview.plan.text import plan_lines
from engine.registry import foreign_rules, registry
from engine.store.sqlite.memory import MemoryDatabase
from engine.store.statement_errors import statement_errors

NOTHING, REFUSED, CHANGES, PEOPLE = 0, 1, 10, 11


class PlanFormat(StrEnum):
    text = "text"
    json = "json"
    github = "github"


def plan(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also what does not change.")] = False,
    detailed: Annotated[
        bool,
        typer.Option(
            "--detailed-exitcode", help="0 nothing to do, 10 changes, 11 changes that touch people, 1 refused."
        ),
    ] = False,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="Ask a daemon what is deployed, with the token in LEADOFF_TOKEN."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option("--against", metavar="REV", help="A branch, tag or commit instead of what is deployed; offline."),
    ] = None,
    format: Annotated[PlanFormat, typer.Option("--format", help="For people, scripts or a comment.")] = PlanFormat.text,
    project: ProjectOption = None,
) -> int:
    """What `apply` would change, whom it touches, and what becomes of those who wait."""
    if server is not None and against is not None:
        raise UsageError("--server and --against are two things to compare with", "name one of them")
    if server is None and against is None:
        with opened_as(DeployedWorkspace, ctx, project, "empty") as workspace:
            checked = checked_files(workspace.root, workspace.registry)
            made = _of_database(workspace, checked, everything)
    else:
        root, found = root_of(ctx, project), registry()
        checked = checked_files(root, found)
        if against is not None:
            made = plan_against(root, against, found, checked, revision(root))
        else:
            made = _of_server(server or "", root, found, checked)
    show(made, checked, format, everything)
    return exit_code(made, detailed)


def _of_database(workspace: DeployedWorkspace, checked: Checked, everything: bool) -> Plan:
    knows: Knows = "nobody" if workspace.database.is_stand_in else "database"
    root, now = workspace.root, workspace.clock.now()
    with workspace.database.reading() as db:
        made = plan_here(db, root, workspace.registry, checked, revision(root), now, (), knows, everything=everything)
    return with_forecast(made, workspace, now)


def with_forecast(made: Plan, workspace: DeployedWorkspace, now: int, again: Collection[str] = ()) -> Plan:
    """With what those inside will get."""
    if not any(flow.inside for flow in made.flows):
        return made
    from engine.preview.plan.forecast import forecast  # only here is the engine loaded

    return made._replace(forecast=forecast(workspace.database, made, workspace.registry, now, again))


def _of_server(url: str, root: Path, found: Registry, checked: Checked) -> Plan:
    document = deployment_of(url)
    try:
        shadow = MemoryDatabase() if document is None else shadow_of(document)
        held = {flow["flow"]: flow["held"] for flow in document["flows"]} if document else {}
    except statement_errors(KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"what {url} answers is no deployment that this version can read") from error
    with shadow.reading() as db:
        now = from_environment().now()
        return plan_here(db, root, found, checked, revision(root), now, (), "server", held)


def checked_files(root: Path, found: Registry) -> Checked:
    """The project's files, their findings told on stderr. Raises UsageError where they have errors."""
    checked = read_and_check(root, found, rules=foreign_rules())
    if not checked.ok:
        typer.echo(render(checked.findings, checked.sources), err=True)
        remark(summary(checked.findings))
        raise UsageError("the project has errors, so there is no plan", "`leadoff check` shows them")
    return checked


def show(made: Plan, checked: Checked, format: PlanFormat, everything: bool) -> None:
    assert checked.project is not None
    if format is PlanFormat.json:
        say_json(plan_document(made, everything))
        return
    if format is PlanFormat.github:
        say_piece(plan_markdown(made, checked.project.timezone) + "\n")
        return
    for line in plan_lines(made, checked.project.timezone, everything):
        say_pieces(line)


def exit_code(made: Plan, detailed: bool) -> int:
    """Not Terraform's 2 for changes: here 2 is "could not read", and a pipeline must not deploy on that."""
    if made.refused:
        return REFUSED
    if not detailed or not made.there:
        return NOTHING
    return PEOPLE if made.touches else CHANGES
