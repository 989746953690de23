"""Account and token at a simulator. The one that `run` brings has a random token, in a file beside the database that only its owner reads.

Invariants: a sender's token is enough to speak for every phone, so no token is built in; the file is there whole or not at all, and the
first process that needs it makes it.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from engine.errors import UsageError
from engine.senders.config import Credentials

ACCOUNT = "demo"  # where a sender names none
NAME = "simulator.token"


def account_and_token(credentials: Credentials) -> tuple[str, str]:
    """A sender's. Raises UsageError without a token."""
    return credentials.needed("ACCOUNT", ACCOUNT), credentials.needed("TOKEN")


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
        with suppress(FileExistsError):  # another process was first: its token is used
            os.link(made, path)
    finally:
        os.unlink(made)
