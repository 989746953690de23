"""Reads a project's folder into values: the loader of the language, which itself touches no disk.

Rules kept here: only regular files inside the project are read, each up to a limit; a link that leads out, a pipe or a device is
not followed, so a hostile folder cannot hang or leak.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from engine.errors import UsageError
from engine.language import ProjectFiles
from engine.messaging.media import BadMedia, MediaInfo, inspect

PROJECT_FILE = "leadoff.yaml"
LARGEST_TEXT = 1_000_000  # the language refuses far smaller ones with a place; this bounds memory
LARGEST_MEDIA = 20_000_000


def find_project(start: Path) -> Path:
    """The nearest folder up from `start` that holds a leadoff.yaml."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(
        f"there is no {PROJECT_FILE} in {start} or above it", "run `leadoff init`, or name the folder with --project"
    )


def read_regular(root: Path, relative: str, largest: int) -> bytes | None:
    """The file's bytes; None when it is missing, not a regular file, or outside `root`. Longer files are cut at `largest` + 1."""
    try:
        path = (root / relative).resolve(strict=True)
        if not path.is_relative_to(root.resolve()):
            return None
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            return file.read(largest + 1)
    except (OSError, ValueError):
        return None


def flow_files(root: Path) -> list[str]:
    """flows/*.yaml without the tests of flows; where there is no such folder, the *.yaml beside leadoff.yaml."""
    folder = root / "flows"
    where, prefix = (folder, "flows/") if folder.is_dir() else (root, "")
    names = sorted(path.name for path in where.glob("*.yaml"))
    return [prefix + name for name in names if name != PROJECT_FILE and not name.endswith(".test.yaml")]


def read_project(root: Path) -> ProjectFiles:
    """All that `check` looks at."""
    files: dict[str, bytes] = {}
    for name in [PROJECT_FILE, *flow_files(root)]:
        raw = read_regular(root, name, LARGEST_TEXT)
        if raw is None:
            if name == PROJECT_FILE:
                raise UsageError(f"cannot read {root / name}")
            raw = b""
        files[name] = raw
    return ProjectFiles(files, media_of(lambda path: read_regular(root, path, LARGEST_MEDIA)))


def media_of(read: Callable[[str], bytes | None]) -> Callable[[str], MediaInfo | BadMedia | None]:
    """What the language asks about images, each looked at once."""
    known: dict[str, MediaInfo | BadMedia | None] = {}

    def look(path: str) -> MediaInfo | BadMedia | None:
        if path not in known:
            known[path] = _inspected(read(path))
        return known[path]

    return look


def _inspected(data: bytes | None) -> MediaInfo | BadMedia | None:
    if data is None:
        return None
    try:
        return inspect(data)
    except BadMedia as error:
        return error
