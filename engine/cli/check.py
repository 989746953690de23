"""`check`: all that is wrong with a project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.shared.common import ProjectOption, one_of, root_of
from engine.cli.shared.output import remark
from engine.cli.shared.paths import by_project, prefix_of
from engine.clock import from_environment
from engine.contacts.csv_check import CONTACTS_FILE
from engine.deploy.other_files import findings_in_other_files
from engine.deploy.project_files import write
from engine.deploy.read_project import read_and_check
from engine.errors import UsageError
from engine.language.check import Checked
from engine.language.diagnostics.findings import Finding, summary
from engine.language.diagnostics.rendering import render
from engine.language.lint.fixes import fixed
from engine.registry import foreign_rules, registry

FORMATS = ["full", "concise", "json", "github", "sarif"]
BOM = b"\xef\xbb\xbf"


def check(
    ctx: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]…", help="A project, or files in one.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Warnings count as errors.")] = False,
    format: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="How findings are shown.")
    ] = "full",
    fix: Annotated[bool, typer.Option("--fix", help="Fix what has only one right form; comments stay.")] = False,
    project: ProjectOption = None,
) -> int:
    """Show every mistake in a project; offline, no database."""
    shown: Any = one_of(format, FORMATS, "format")
    now = from_environment().now()
    findings: list[Finding] = []
    sources: dict[str, str] = {}
    for root, wanted in by_project(paths, lambda: root_of(ctx, project)).items():
        checked = read_and_check(root, registry(), now, foreign_rules())
        if fix and _fix(root, _of(checked.findings, checked, root, wanted), checked.sources):
            checked = read_and_check(root, registry(), now, foreign_rules())
        found = [*checked.findings, *findings_in_other_files(root, checked.project, registry())]
        prefix = prefix_of(root)
        findings += [each._replace(file=prefix + each.file) for each in _of(found, checked, root, wanted)]
        sources |= {prefix + name: source for name, source in checked.sources.items()}
    text = render(findings, sources, shown)
    if text:
        # `render` has made it fit for a terminal already
        typer.echo(text)
    remark(summary(findings))
    bad = ("error", "warning") if strict else ("error",)
    return 1 if any(each.severity in bad for each in findings) else 0


def _fix(root: Path, findings: list[Finding], sources: dict[str, str]) -> int:
    """How many findings were set right; the files are written where they stand."""
    count = 0
    for name, source in sources.items():
        new, done = fixed(source, [each for each in findings if each.file == name])
        if done:
            path = root / name
            start = BOM if path.read_bytes().startswith(BOM) else b""
            write(root, name, start + new.encode())
            remark(f"  {name}: {done} fixed")
        count += done
    return count


def _of(findings: Iterable[Finding], checked: Checked, root: Path, wanted: list[Path]) -> list[Finding]:
    """The findings in the wanted files. A path with no file of the project below it is a mistake."""
    resolved = root.resolve()
    for path in wanted:
        if not any((resolved / name).is_relative_to(path) for name in (*checked.sources, CONTACTS_FILE)):
            raise UsageError(f"{path} is not a file of the project in {root}", "flows are in flows/*.yaml")
    return [each for each in findings if any((resolved / each.file).is_relative_to(path) for path in wanted)]
