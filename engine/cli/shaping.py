"""`fmt` and `schema`: one layout for all, and what editors know."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.app import registry
from engine.cli.common import ProjectOption, one_of, root_of
from engine.cli.output import complain, remark, say_json
from engine.cli.paths import by_project, prefix_of
from engine.deploy.apply import read_and_check
from engine.deploy.files import find_project
from engine.errors import UsageError
from engine.language import Checked, strict_yaml
from engine.language.layout import NotLaidOut, laid_out
from engine.language.schema import files, schema_of, schemas

ADDED_BY_US = "LO204"  # a step without its id


def fmt(
    ctx: typer.Context,
    paths: Annotated[list[Path] | None, typer.Argument(metavar="[PATH]…", help="A project, or files in one.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 where a file would change.")] = False,
    project: ProjectOption = None,
) -> int:
    """Bring files into the one layout: order of keys, indentation, spaces. Comments, quotes and meaning stay."""
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
                    _write(root / name, text)
    if not changed and not refused:
        remark("nothing to change")
    return 1 if refused or (check and changed) else 0


def schema(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One of them alone: flow, project …")] = None,
    write: Annotated[bool, typer.Option("--write", help="Into schemas/ of the project; without one, here.")] = False,
    project: ProjectOption = None,
) -> None:
    """JSON Schemas for editors, with the installed blocks."""
    known = schemas(registry())
    if name is not None:
        one_of(name, list(known), "schema")
    if not write:
        say_json(known if name is None else known[name])
        return
    root = _project_or_here(ctx, project)
    for path, content in files(registry()).items():
        if name is None or path.endswith(f"/{name}.schema.json"):
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(content)
            remark(f"  + {prefix_of(root)}{path}")


def _wanted(checked: Checked, root: Path, wanted: list[Path]) -> list[str]:
    names = [name for name in checked.sources if name.endswith(".yaml")]
    resolved = root.resolve()
    for path in wanted:
        if not any((resolved / name).is_relative_to(path.resolve()) for name in names):
            raise UsageError(f"{path} is no file of the project in {root}", "flows are in flows/*.yaml")
    return [name for name in names if any((resolved / name).is_relative_to(path.resolve()) for path in wanted)]


def _laid_out(checked: Checked, name: str) -> str:
    errors = [found for found in checked.findings if found.file == name and found.severity == "error"]
    wrong = [found for found in errors if found.code != ADDED_BY_US]
    if wrong:
        raise NotLaidOut("this file has errors: `leadoff check` shows them", wrong[0].span.line)
    document = strict_yaml.read(name, checked.sources[name].encode())
    return laid_out(document, schemas(registry())[schema_of(name)])


def _write(path: Path, text: str) -> None:
    """All of it or nothing: a file that is cut off in the middle would be worse than a crooked one."""
    draft = path.with_name(f".{path.name}.leadoff")
    draft.write_bytes(text.encode())
    draft.chmod(path.stat().st_mode & 0o7777)
    os.replace(draft, path)


def _project_or_here(ctx: typer.Context, project: Path | None) -> Path:
    named: Any = project or ctx.find_root().params.get("project")
    if named is not None:
        return root_of(ctx, project)
    try:
        return find_project(Path.cwd())
    except UsageError:
        return Path.cwd()
