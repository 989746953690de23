"""A project as it is in the editor: its folder, with what is typed and not saved.

Invariants: a keystroke reads nothing from the disk, and parses only the file that it changed: what the folder holds is read again when a
file is opened, saved, closed, or changed by another program. Nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from engine.clock import from_environment
from engine.deploy.other_files import findings_in_other_files
from engine.deploy.project_files import (
    LARGEST_TEXT,
    MOST_FOLDERS,
    PROJECT_FILE,
    find_project,
    flow_files,
    picture_files,
    read_regular,
    segment_files,
    unread_files,
)
from engine.deploy.read_project import pictures_of
from engine.errors import UsageError
from engine.language.check import Checked, ProjectFiles, check, project_of, seen
from engine.language.diagnostics.findings import Finding
from engine.language.lint.context import Draft, LintContext
from engine.lsp.documents import Opened
from engine.registry import foreign_rules, registry

FOLDERS = ("flows", "segments")
NOT_SEARCHED = frozenset(("node_modules", "site-packages", "__pycache__"))
MOST_PROJECTS = 50  # of a workspace

Buffers = Mapping[Path, Opened]


class Project:
    """One folder with a leadoff.yaml, or with flows that lack one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.published: set[str] = set()  # URIs that show findings now
        self._readable: dict[str, Draft] = {}
        self._beside: tuple[Finding, ...] = ()
        self._folder = ProjectFiles({}, lambda name: None)

    def read_folder(self) -> None:
        """What is on disk now."""
        files: dict[str, bytes] = {}
        unread = unread_files(self.root)
        for name in (PROJECT_FILE, *flow_files(self.root), *segment_files(self.root)):
            raw = read_regular(self.root, name, LARGEST_TEXT)
            if raw is not None:
                files[name] = raw
            elif name != PROJECT_FILE:
                unread = (*unread, name)
        pictures = pictures_of(self.root, lambda: project_of(files.get(PROJECT_FILE, b"")))
        self._folder = ProjectFiles(files, pictures, unread, pictures=picture_files(self.root))
        self.seen({})
        self._beside = findings_in_other_files(self.root, check(self._folder, registry()).project, registry())

    def files(self, buffers: Buffers) -> ProjectFiles:
        """The folder, with what is open in the editor in place of what is on disk."""
        typed = {
            name: opened.text.encode("utf-8", "replace")
            for path, opened in buffers.items()
            if (name := self.name_of(path)) is not None
        }
        unread = tuple(name for name in self._folder.unread if name not in typed)
        return self._folder._replace(files={**self._folder.files, **typed}, unread=unread)

    def name_of(self, path: Path) -> str | None:
        """A file's name in the project; None where the project does not read it."""
        if not path.is_relative_to(self.root):
            return None
        name = path.relative_to(self.root).as_posix()
        folder, _, last = name.rpartition("/")
        if name == PROJECT_FILE:
            return name
        of_flows = "flows" if (self.root / "flows").is_dir() else ""
        return name if last.endswith(".yaml") and folder in (of_flows, "segments") else None

    def check(self, buffers: Buffers) -> tuple[Checked, tuple[Finding, ...]]:
        """What `leadoff check` says of it, those of files beside the flows too."""
        files = self.files(buffers)._replace(now=from_environment().now())
        checked = check(files, registry(), foreign_rules())
        return checked, (*checked.findings, *self._beside)

    def seen(self, buffers: Buffers) -> LintContext:
        """What the rules see. Of a flow that cannot be read while one types it, the last form that could be."""
        world = seen(self.files(buffers), registry())
        now = {draft.path: draft for draft in world.drafts}
        self._readable = {path: draft for path, draft in self._readable.items() if path in world.documents} | now
        return world._replace(drafts=tuple(self._readable.values()))


def root_of(path: Path) -> Path | None:
    """The project of a file: the nearest leadoff.yaml, else the folder around flows/ or segments/."""
    try:
        return find_project(path.parent)
    except UsageError:
        return path.parent.parent if path.parent.name in FOLDERS and path.suffix == ".yaml" else None
    except OSError:
        return None


def projects_below(folder: Path) -> Iterator[Path]:
    """The folders that hold a leadoff.yaml; not those of installed packages, nor hidden ones."""
    found = 0
    for where, folders, names in islice(os.walk(folder), MOST_FOLDERS):
        folders[:] = sorted(name for name in folders if name not in NOT_SEARCHED and not name.startswith("."))
        if PROJECT_FILE in names:
            yield Path(where)
            found += 1
        if found == MOST_PROJECTS:
            return
