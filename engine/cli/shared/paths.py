"""The paths that a command is given, by the project that they are in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine.deploy.project_files import PROJECT_FILE, find_project
from engine.errors import UsageError


def by_project(paths: list[Path] | None, default: Callable[[], Path]) -> dict[Path, list[Path]]:
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


def prefix_of(root: Path) -> str:
    """What makes a file's name one that an editor finds from here."""
    here = Path.cwd().resolve()
    whole = root.resolve()
    if whole == here:
        return ""
    return f"{whole.relative_to(here) if whole.is_relative_to(here) else whole}/"
