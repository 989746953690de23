"""What every peer's file shares: whom it texts, and how it is run and told.

    python -m benchmarks.peers.huey_sqlite N [POSTGRESQL URL]

prints one JSON object. A process for each measure, as memory is the process's highest mark.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

STEPS = 3.5


class Measured(NamedTuple):
    """`waiting`: bytes that the peer keeps for each contact that waits; None where that is not looked at."""

    seconds: float
    waiting: float | None = None


class Texts:
    """Takes every text at once. Any number of threads."""

    def __init__(self) -> None:
        self.sent = 0
        self.ended = 0
        self.all_ended = threading.Event()
        self._lock = threading.Lock()
        self.expected = 0

    def send(self, text: str) -> None:
        assert text
        with self._lock:
            self.sent += 1

    def end(self) -> None:
        with self._lock:
            self.ended += 1
            if self.ended == self.expected:
                self.all_ended.set()


TEXTS = Texts()


def hero(contact: int) -> None:
    TEXTS.send(f"Hi Ann{contact % 97}, the spring drop is live at acme.example/spring")


def has_bought(contact: int) -> bool:
    return contact % 2 == 1


def follow_up(contact: int) -> None:
    """What comes after the wait."""
    if not has_bought(contact):
        TEXTS.send(f"Still thinking, Ann{contact % 97}? 10% off today at acme.example/spring")
    TEXTS.end()


def tell(name: str, package: str, run: Callable[[int, Path, str], Measured]) -> None:
    """The whole of a peer's main program."""
    n, url = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else ""
    TEXTS.expected = n
    with tempfile.TemporaryDirectory() as folder:
        found = run(n, Path(folder), url)
    assert (TEXTS.ended, TEXTS.sent) == (n, n + (n + 1) // 2), (TEXTS.ended, TEXTS.sent)
    about = {"name": name, "version": version(package), "n": n, "seconds": found.seconds, "waiting": found.waiting}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(about | {"steps": STEPS * n / found.seconds, "memory": memory}))
