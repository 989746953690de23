"""`plan`: what `apply` would do, and to whom."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from engine.cli.shared.common import ProjectOption, opened_as
from engine.cli.shared.output import remark, say_json, say_pieces
from engine.deploy.git import revision
from engine.deploy.plan import Knows, Plan
from engine.deploy.planning import plan_here
from engine.deploy.read_project import read_and_check
from engine.deployed_workspace import DeployedWorkspace
from engine.errors import UsageError
from engine.language.check import Checked
from engine.language.diagnostics.findings import summary
from engine.language.diagnostics.rendering import render
from engine.preview.plan_document import plan_document
from engine.preview.plan_text import plan_lines
from engine.registry import foreign_rules

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
    format: Annotated[PlanFormat, typer.Option("--format", help="For people, scripts or a comment.")] = PlanFormat.text,
    project: ProjectOption = None,
) -> int:
    """What `apply` would change, whom it touches, and what becomes of those who wait."""
    with opened_as(DeployedWorkspace, ctx, project, "empty") as workspace:
        checked = checked_files(workspace)
        knows: Knows = "nobody" if workspace.database.is_stand_in else "database"
        now = workspace.clock.now()
        with workspace.database.reading() as db:
            made = plan_here(db, workspace.root, workspace.registry, checked, revision(workspace.root), now, (), knows)
    show(made, checked, format, everything)
    return exit_code(made, detailed)


def checked_files(workspace: DeployedWorkspace) -> Checked:
    """The project's files, their findings told on stderr. Raises UsageError where they have errors."""
    checked = read_and_check(workspace.root, workspace.registry, rules=foreign_rules())
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
    for line in plan_lines(made, checked.project.timezone, everything):
        say_pieces(line)


def exit_code(made: Plan, detailed: bool) -> int:
    """Not Terraform's 2 for changes: here 2 is "could not read", and a pipeline must not deploy on that."""
    if made.refused:
        return REFUSED
    if not detailed or not made.there:
        return NOTHING
    return PEOPLE if made.touches else CHANGES
