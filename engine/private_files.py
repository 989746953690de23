"""Files that nobody else on the machine may read: they hold numbers and texts.

Invariants: folders are made with 0700 and files with 0600, whatever the umask says.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TextIO

from engine.errors import UsageError

ONLY_OURS = 0o600


def make_folder(path: Path) -> None:
    """The folder and those above it that are missing; one that stands keeps its rights. Raises OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """The file where there is none yet; one that stands keeps what it holds. Raises OSError."""
    make_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, ONLY_OURS))


def close_to_others(path: Path) -> None:
    """Take from a file of ours what others may do with it. Raises OSError."""
    seen = path.stat()
    if seen.st_mode & 0o077 and seen.st_uid == os.geteuid():
        path.chmod(ONLY_OURS)


def open_text(path: Path) -> TextIO:
    """A text file to be written anew. Raises OSError, and UsageError for a link: a project of others may have laid one there."""
    if path.is_symlink() and path.parent != Path("/dev"):
        raise UsageError(f"{path} is a link; it was not written", f"name the file itself: {path.resolve()}")
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, ONLY_OURS)
    if stat.S_ISREG(os.fstat(made).st_mode):  # not the rights of a terminal or of /dev/null
        os.fchmod(made, ONLY_OURS)
    return open(made, "w", encoding="utf-8", newline="")
