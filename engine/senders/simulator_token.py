"""The token of the simulator that `run` brings: random, in a file beside the database that nobody else may read.

Rules kept here: whoever knows a sender's token can speak for every phone, so there is none that everybody knows; the file is there whole
or not at all, and the first who needs it makes it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from engine.errors import UsageError

NAME = "simulator.token"


def new_token() -> str:
    return secrets.token_urlsafe(24)


def standing(folder: Path) -> str:
    """The one of this folder, made where there is none yet. Raises UsageError."""
    path = folder / NAME
    try:
        if not path.exists():
            _make(path)
        token = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the simulator's token {path} cannot be read or made: {error}") from error
    if not token:
        raise UsageError(f"the simulator's token {path} is empty", "remove the file: a new one is made")
    return token


def _make(path: Path) -> None:
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{NAME}-")  # mode 0600
    try:
        with os.fdopen(handle, "w") as file:
            file.write(new_token())
        with suppress(FileExistsError):  # another process was first: that one stands
            os.link(made, path)
    finally:
        os.unlink(made)
