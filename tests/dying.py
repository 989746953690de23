"""A process that dies at a chosen statement, as by a power cut: what scripts of tests import that are run by `python -c` in the root."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable
from typing import Any

from engine.store.sqlite.connection import SqliteConnection
from engine.store.sqlite.database import SqliteDatabase


class Dying(SqliteDatabase):
    """Kills its process before the statement number `left`, counted over all of its connections."""

    left = 0

    def connect(self, *args: Any, **options: Any) -> SqliteConnection:
        def trace(statement: str) -> None:
            Dying.left -= 1
            if Dying.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        made = super().connect(*args, **options)
        made.set_trace_callback(trace)
        return made


def die_at_each(numbers: Iterable[int], act: Callable[[int], None]) -> None:
    """Let a child do it for each number of statements, and print the number where it dies; the first that lives is the last."""
    for number in numbers:
        child = os.fork()
        if child == 0:
            Dying.left = number
            act(number)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            break
        print(number, flush=True)
