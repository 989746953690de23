"""`schema`: what editors know."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.shared.common import ProjectOption, one_of, root_of
from engine.cli.shared.output import remark, say_json
from engine.cli.shared.paths import prefix_of
from engine.deploy import project_files
from engine.deploy.project_files import find_project
from engine.errors import UsageError
from engine.language.jsonschema.schemas import files, schemas
from engine.registry import registry


def schema(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Only one of them: flow, project …")] = None,
    write: Annotated[
        bool, typer.Option("--write", help="Write schemas/ of the project; without a project, here.")
    ] = False,
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
            project_files.write(root, path, content)
            remark(f"  + {prefix_of(root)}{path}")


def _project_or_here(ctx: typer.Context, project: Path | None) -> Path:
    named: Any = project or ctx.find_root().params.get("project")
    if named is not None:
        return root_of(ctx, project)
    try:
        return find_project(Path.cwd())
    except UsageError:
        return Path.cwd()
