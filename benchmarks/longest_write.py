"""Runs one command of Leadoff on SQLite, and says at its end how long its longest write transaction kept the processor.

    python benchmarks/longest_write.py contacts import people.csv

The last line of stderr is JSON: {"writes": 2000, "longest_ms": 61.2}. Time that other processes took is not in it.
"""

from __future__ import annotations

import atexit
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engine.cli import main
from engine.store.sqlite import writer


class Watch:
    """Around the commit of the writer's thread."""

    def __init__(self, commit: Callable[..., Any]) -> None:
        self._commit = commit
        self._writes, self._longest = 0, 0.0

    def __call__(self, *values: Any) -> Any:
        began = time.thread_time()
        try:
            return self._commit(*values)
        finally:
            self._writes += 1
            self._longest = max(self._longest, time.thread_time() - began)

    def tell(self) -> None:
        told = {"writes": self._writes, "longest_ms": round(self._longest * 1000, 1)}
        sys.stderr.write(f"\n{json.dumps(told)}\n")


if __name__ == "__main__":
    watch = Watch(writer._commit)
    writer._commit = watch  # type: ignore[assignment]
    atexit.register(watch.tell)
    main()
