"""`init` and `check`: what an author needs before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.app import registry
from engine.cli import scaffold
from engine.cli.common import ProjectOption, one_of, root_of
from engine.cli.output import remark, say
from engine.deploy.apply import read_and_check
from engine.deploy.files import PROJECT_FILE, find_project
from engine.errors import UsageError
from engine.language import Checked, Finding, render, summary

FORMATS = ["full", "concise", "json"]
LATER_FORMATS = ["github", "sarif"]


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Default: here.")] = Path(),
    template: Annotated[str, typer.Option("--template", metavar="NAME", help="A ready-made flow.")] = "mms-first",
    list_them: Annotated[bool, typer.Option("--list", help="List the templates.")] = False,
) -> None:
    """Make a project that runs as it stands."""
    if list_them:
        for name, about in scaffold.described().items():
            say(f"{name:<16}{about}")
        return
    for path in scaffold.make(folder, template):
        remark(f"  + {path}")
    into = "" if folder.resolve() == Path.cwd().resolve() else f"cd {folder} && "
    remark("")
    remark(f"Next:  {into}leadoff check && leadoff apply --yes && leadoff demo")


def check(
    ctx: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]…", help="A project, or files in one.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    format: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="How findings are shown.")
    ] = "full",
    fix: Annotated[bool, typer.Option("--fix", hidden=True)] = False,
    project: ProjectOption = None,
) -> int:
    """Show all that is wrong with a project; offline, no database."""
    if fix:
        raise UsageError("`--fix` is not built yet")
    if format in LATER_FORMATS:
        raise UsageError(f"the format {format} is not built yet", f"one of {', '.join(FORMATS)}")
    shown: Any = one_of(format, FORMATS, "format")
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    for root, wanted in _by_project(paths, lambda: root_of(ctx, project)).items():
        checked = read_and_check(root, registry())
        prefix = _prefix(root)
        findings += [each._replace(file=prefix + each.file) for each in _of(checked, root, wanted)]
        sources |= {prefix + name: source for name, source in checked.sources.items()}
    text = render(findings, sources, shown)
    if text:
        # problems.render has made it fit for a terminal already
        typer.echo(text)
    remark(summary(findings))
    bad = ("error", "warning") if strict else ("error",)
    return 1 if any(each.severity in bad for each in findings) else 0


def _by_project(paths: list[Path] | None, default: Any) -> dict[Path, list[Path]]:
    """Project -> the paths in it that are asked about."""
    if not paths:
        root = default()
        return {root: [root]}
    found: dict[Path, list[Path]] = {}
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no {path}")
        whole = path.resolve()
        root = whole if (whole / PROJECT_FILE).is_file() else find_project(whole.parent)
        found.setdefault(root, []).append(whole)
    return found


def _of(checked: Checked, root: Path, wanted: list[Path]) -> list[Finding]:
    """The findings in the wanted files. A path with no file of the project below it is a mistake."""
    resolved = root.resolve()
    for path in wanted:
        if not any((resolved / name).is_relative_to(path) for name in checked.sources):
            raise UsageError(f"{path} is no file of the project in {root}", "flows are in flows/*.yaml")
    return [each for each in checked.findings if any((resolved / each.file).is_relative_to(path) for path in wanted)]


def _prefix(root: Path) -> str:
    """What makes a file's name one that an editor finds from here."""
    here = Path.cwd().resolve()
    whole = root.resolve()
    if whole == here:
        return ""
    return f"{whole.relative_to(here) if whole.is_relative_to(here) else whole}/"
