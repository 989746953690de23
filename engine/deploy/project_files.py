"""Reads and writes the files of a project's folder.

Invariants: only regular files inside the project are read, each up to a limit. A link that leads out of it, a pipe or a device is not
followed, so a hostile folder can neither hang nor leak.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

from engine.errors import Refused, UsageError
from engine.messaging.media.picture import MAX_INPUT

T = TypeVar("T")

PROJECT_FILE, TEST_ENDING = "leadoff.yaml", ".test.yaml"
LARGEST_TEXT = 1_000_000  # the language refuses far smaller ones with a place; this bounds memory
LARGEST_MEDIA = MAX_INPUT
MOST_FOLDERS, MOST_UNREAD = 1_000, 100  # folders that are searched, and unread files that are named
MOST_PICTURES = 10_000


def find_project(start: Path) -> Path:
    """The nearest folder up from `start` that holds a leadoff.yaml."""
    for folder in (start, *start.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise UsageError(
        f"there is no {PROJECT_FILE} in {start} or its parent folders",
        "run `leadoff init`, or name the folder with --project",
    )


def read_regular(root: Path, relative: str, largest: int) -> bytes | None:
    """The file's bytes; None when it is missing, not a regular file, or outside `root`. Longer files are cut at `largest` + 1."""
    try:
        file = open_regular(root, relative)
        if file is None:
            return None
        with file:
            return file.read(largest + 1)
    except OSError:
        return None


def open_regular(root: Path, relative: str) -> BinaryIO | None:
    """The file to read from; None when it is missing, not a regular file, or outside `root`."""
    try:
        path = (root / relative).resolve(strict=True)
        if not path.is_relative_to(root.resolve()):
            return None
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    except (OSError, ValueError, RuntimeError):  # Python calls links in a circle a RuntimeError
        return None
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    return None


def write(root: Path, name: str, data: bytes) -> None:
    """Write a file of the project, all of it or nothing; a link is followed inside of the project only.

    Raises Refused if the path leaves the project, UsageError if the file cannot be written.
    """
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise Refused(
            f"{root / name} leads out of the project, to {path}, and was not written", "remove the symbolic link"
        )
    draft = path.with_name(f".{path.name}.leadoff")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.unlink(missing_ok=True)  # of a process that was killed
        with draft.open("xb") as file:
            file.write(data)
        if path.exists():
            draft.chmod(path.stat().st_mode & 0o7777)
        draft.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {root / name}: {error.strerror}") from error


def flow_files(root: Path) -> list[str]:
    """flows/*.yaml with the tests of flows; where there is no such folder, the *.yaml beside leadoff.yaml."""
    folder = root / "flows"
    where, prefix = (folder, "flows/") if folder.is_dir() else (root, "")
    return [prefix + name for name in sorted(path.name for path in where.glob("*.yaml")) if name != PROJECT_FILE]


def deployed_files(files: Mapping[str, T]) -> dict[str, T]:
    """Of the files of a project by path, those that a deployment keeps: the tests of flows are none of them."""
    return {path: each for path, each in files.items() if not path.endswith(TEST_ENDING)}


def segment_files(root: Path) -> list[str]:
    """segments/*.yaml."""
    return sorted(f"segments/{path.name}" for path in (root / "segments").glob("*.yaml"))


def unread_files(root: Path) -> tuple[str, ...]:
    """Files that an author may take for flows: *.yml, *.YAML, and files in folders below flows/."""
    folder = root / "flows"
    places = [root / "leadoff.yml"]
    for where in (root / "segments", folder if folder.is_dir() else root):
        places += [path for path in where.glob("*") if _is_yaml(path.name) and not path.name.endswith(".yaml")]
    for below, _, names in islice(os.walk(folder), 1, MOST_FOLDERS):
        places += [Path(below, name) for name in names if _is_yaml(name)]
    found = {path.relative_to(root).as_posix() for path in places if path.is_file()}
    return tuple(sorted(found)[:MOST_UNREAD])


def _is_yaml(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml"))


def schema_files(root: Path) -> dict[str, bytes]:
    """schemas/*.json, by path."""
    names = sorted(f"schemas/{path.name}" for path in (root / "schemas").glob("*.schema.json"))
    return {name: raw for name in names if (raw := read_regular(root, name, LARGEST_TEXT)) is not None}


def picture_files(root: Path) -> tuple[str, ...]:
    """The files in media/ and its folders; none if there are too many."""
    found: list[str] = []
    for below, _, names in islice(os.walk(root / "media"), MOST_FOLDERS):
        found += [Path(below, name).relative_to(root).as_posix() for name in names]
        if len(found) > MOST_PICTURES:
            return ()
    return tuple(sorted(found))


def project_texts(root: Path) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """leadoff.yaml, flows and segments by path; and what looks like one of them and is not read. Raises UsageError."""
    files: dict[str, bytes] = {}
    unread = unread_files(root)
    for name in [PROJECT_FILE, *flow_files(root), *segment_files(root)]:
        raw = read_regular(root, name, LARGEST_TEXT)
        if raw is None:
            if name == PROJECT_FILE:
                raise UsageError(f"cannot read {root / name}")
            unread = (*unread, name)
        else:
            files[name] = raw
    return files, unread
