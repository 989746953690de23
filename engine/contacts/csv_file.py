"""The file that an import reads: a file, a pipe, or the standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import UsageError


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """`-` is the standard input. Raises UsageError."""
    if str(path) == "-":
        yield sys.stdin.buffer
        return
    try:
        with path.open("rb") as stream:
            yield stream
    except OSError as error:
        raise UsageError(f"cannot open {error.filename or path}: {error.strerror}") from error


def share_read(stream: BinaryIO) -> float:
    """How much of it is read, from 0 to 1; 0 of a pipe."""
    size = os.fstat(stream.fileno()).st_size if stream.seekable() else 0
    return min(stream.tell() / size, 1.0) if size else 0.0
