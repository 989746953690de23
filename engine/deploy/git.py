"""Which commit a project folder is at, and whether it differs from it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple


class Revision(NamedTuple):
    commit: str | None  # None outside of git
    dirty: bool


def revision(root: Path) -> Revision:
    """Asks git; a folder that is not in git, or a machine without git, has no commit."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return Revision(None, False)
    return Revision(commit.strip(), bool(_git(root, "status", "--porcelain", "--", ".")))


def _git(root: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
