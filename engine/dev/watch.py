"""Looks for files that were saved: a few stat calls ten times a second, and none of a library's.

Invariants: a change is told when the files have been quiet for QUIET_SECONDS, so that half-written files and an editor's renames count
once. What is looked at is what `check` reads: the project's YAML, its media and its contacts.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

LOOK_SECONDS = 0.05
QUIET_SECONDS = 0.1
FOLDERS = ("flows", "segments", "media")
FILES = ("leadoff.yaml", "contacts.csv")
Seen = Mapping[str, tuple[int, int, int]]


def seen(root: Path) -> Seen:
    """Path -> (time, size, inode) of every file that matters."""
    found: dict[str, tuple[int, int, int]] = {}
    for folder in (root / name for name in FOLDERS):
        for path, _, names in os.walk(folder):
            for name in names:
                _add(found, os.path.join(path, name))
    for name in FILES:
        _add(found, str(root / name))
    return found


def _add(found: dict[str, tuple[int, int, int]], path: str) -> None:
    try:
        about = os.stat(path)
    except OSError:  # it is being replaced
        return
    found[path] = (about.st_mtime_ns, about.st_size, about.st_ino)


class Watch(threading.Thread):
    """Calls `saved` in a thread of its own until `stop`."""

    def __init__(self, root: Path, saved: Callable[[], None]) -> None:
        super().__init__(name="files", daemon=True)
        self._root, self._saved = root, saved
        self._ends = threading.Event()
        self._known = seen(root)

    def run(self) -> None:
        while not self._ends.wait(LOOK_SECONDS):
            now = seen(self._root)
            if now == self._known:
                continue
            while not self._ends.wait(QUIET_SECONDS) and (later := seen(self._root)) != now:
                now = later
            self._known = now
            try:
                self._saved()
            except Exception as error:  # a bug that one save meets must not keep the next from being seen
                sys.stderr.write("a save could not be played, a bug in Leadoff:\n")
                traceback.print_exception(error)

    def stop(self) -> None:
        self._ends.set()
        self.join()
