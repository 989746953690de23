"""Writes the file that a command is told to write."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import UsageError


def write_file(path: Path, data: bytes) -> None:
    """All of it or nothing. Raises UsageError."""
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file that can be overwritten")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(data)
        os.replace(draft, path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
