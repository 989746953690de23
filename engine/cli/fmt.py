"""`fmt`: one layout for all."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared.common import ProjectOption, root_of
from engine.cli.shared.output import complain, remark
from engine.cli.shared.paths import by_project, prefix_of
from engine.deploy.project_files import write
from engine.deploy.read_project import read_and_check
from engine.errors import UsageError
from engine.language.check import Checked
from engine.language.formatter.layout import NotLaidOut, laid_out
from engine.language.jsonschema.schemas import schema_of, schemas
from engine.language.source import strict_yaml
from engine.registry import registry

ADDED_BY_US = "LO204"  # a step without its id


def fmt(
    ctx: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]…", help="A project, or files in one.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if a file would change.")] = False,
    project: ProjectOption = None,
) -> int:
    """Format files: order of keys, indentation, spaces. Comments, quotes and meaning stay."""
    changed = refused = 0
    for root, wanted in by_project(paths, lambda: root_of(ctx, project)).items():
        checked = read_and_check(root, registry())
        for name in _wanted(checked, root, wanted):
            shown = prefix_of(root) + name
            try:
                text = _laid_out(checked, name)
            except NotLaidOut as error:
                refused += 1
                complain(f"{shown}:{error.line}: {error.reason}", None)
                continue
            if text != checked.sources[name]:
                changed += 1
                remark(f"{'would change' if check else 'changed'} {shown}")
                if not check:
                    write(root, name, text.encode())  # whole or not: one that is cut off is worse than a crooked one
    if not changed and not refused:
        remark("nothing to change")
    return 1 if refused or (check and changed) else 0


def _wanted(checked: Checked, root: Path, wanted: list[Path]) -> list[str]:
    names = [name for name in checked.sources if name.endswith(".yaml")]
    resolved = root.resolve()
    for path in wanted:
        if not any((resolved / name).is_relative_to(path.resolve()) for name in names):
            raise UsageError(f"{path} is not a file of the project in {root}", "flows are in flows/*.yaml")
    return [name for name in names if any((resolved / name).is_relative_to(path.resolve()) for path in wanted)]


def _laid_out(checked: Checked, name: str) -> str:
    errors = [found for found in checked.findings if found.file == name and found.severity == "error"]
    wrong = [found for found in errors if found.code != ADDED_BY_US]
    if wrong:
        raise NotLaidOut("this file has errors: `leadoff check` shows them", wrong[0].span.line)
    document = strict_yaml.read(name, checked.sources[name].encode())
    return laid_out(document, schemas(registry())[schema_of(name)])
