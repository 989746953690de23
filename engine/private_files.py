"""Files that other users of the machine may not read: they hold numbers and texts.

Invariants: folders have mode 0700 and files 0600, whatever the umask.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TextIO

from engine.errors import UsageError

ONLY_OURS = 0o600


def make_folder(path: Path) -> None:
    """Makes the folder and its missing parents; an existing folder keeps its mode. Raises OSError."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """Makes the file if there is none; an existing file keeps its content. Raises OSError.

    One that is there is not even opened: to close it would take away the locks that this process holds on it (POSIX), also SQLite's.
    """
    make_folder(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, ONLY_OURS))


def close_to_others(path: Path) -> None:
    """Removes the rights of other users from a file. Raises OSError."""
    seen = path.stat()
    if seen.st_mode & 0o077 and seen.st_uid == os.geteuid():
        path.chmod(ONLY_OURS)


def open_text(path: Path) -> TextIO:
    """Opens a text file for writing. Raises OSError, and UsageError for a link, because a foreign project may contain one."""
    if path.is_symlink() and path.parent != Path("/dev"):
        raise UsageError(f"{path} is a symbolic link and was not written", f"name the file itself: {path.resolve()}")
    made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, ONLY_OURS)
    if stat.S_ISREG(os.fstat(made).st_mode):  # not the mode of a terminal or of /dev/null
        os.fchmod(made, ONLY_OURS)
    return open(made, "w", encoding="utf-8", newline="")
