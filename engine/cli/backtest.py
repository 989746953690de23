"""`backtest`: what people who are recorded would have got from these files, and what from another revision."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared.common import FormatOption, ProjectOption, one_of, root_of
from engine.cli.shared.output import Format, remark, say, say_json
from engine.cli.shared.terminal import with_progress
from engine.deploy import git
from engine.deploy.read_project import read_and_check
from engine.deploy.revisions import project_at
from engine.errors import UsageError
from engine.language.check import Checked, check
from engine.language.diagnostics.findings import counted, summary
from engine.language.diagnostics.rendering import render
from engine.language.values.scalars import parse_duration
from engine.preview.backtest import report
from engine.preview.backtest.comparison import compare
from engine.preview.backtest.recorded_people import people
from engine.preview.worlds.stage import Stage
from engine.registry import foreign_rules, registry

SAME, DIFFERS = 0, 1


def backtest(
    ctx: typer.Context,
    against: Annotated[str, typer.Option("--against", metavar="REV", help="A branch, a tag or a commit.")],
    events: Annotated[Path, typer.Option("--events", metavar="FILE", help="Of `leadoff events export`.")],
    flow: Annotated[str | None, typer.Argument(metavar="[FLOW]", help="What this flow does alone.")] = None,
    until: Annotated[
        str, typer.Option("--until", metavar="DURATION", help="How long after the last thing that a person did.")
    ] = "30d",
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> int:
    """What recorded people would get from your files instead of another revision's. Exit 0 the same, 1 something else."""
    root = root_of(ctx, project)
    longer = _span(until)
    before = _of_revision(root, against)
    after = _of_files(root)
    if flow is not None:
        one_of(flow, sorted({*before.programs, *after.programs}), "flow")
    found = with_progress(lambda done: compare(before, after, people(events), flow, longer, done), "people", "playing")
    if not found.people:
        raise UsageError(f"nobody in {events} did anything", "`leadoff events export` writes such a file")
    versions = (_named(root, against), "your files")
    if format is Format.json:
        say_json(report.document(found, versions))
    else:
        for line in report.lines(found, versions):
            say(line)
    return DIFFERS if found.kinds else SAME


def _span(text: str) -> int:
    try:
        return parse_duration(text).nominal
    except ValueError as error:
        raise UsageError(f"--until {text[:40]} is not a duration", "14d, 36h") from error


def _of_revision(root: Path, name: str) -> Stage:
    checked = check(project_at(root, name), registry(), foreign_rules())
    return _stage(checked, f'the revision "{name}" does not compile', "it has no `leadoff check` that passes: {}")


def _of_files(root: Path) -> Stage:
    checked = read_and_check(root, registry(), rules=foreign_rules())
    return _stage(checked, "your files do not compile", "`leadoff check` shows them: {}")


def _stage(checked: Checked, message: str, help: str) -> Stage:
    if not checked.ok or checked.project is None:
        errors = [finding for finding in checked.findings if finding.severity == "error"]
        typer.echo(render(errors, checked.sources), err=True)
        remark(summary(errors))
        raise UsageError(message, help.format(counted(len(errors), "error")))
    return Stage(checked)


def _named(root: Path, name: str) -> str:
    commit = (git.commit_of(root, name) or "")[:7]
    return commit if name.startswith(commit) else f"{name} ({commit})"
