"""One project's folder with its database, its clock and its daemon: what a command needs that reads no flow.

Invariants: the language, the senders and their libraries are not loaded here; engine/app.py adds them.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from engine import clock as clocks
from engine.clock import Clock
from engine.store import migrations
from engine.store.database import Missing
from engine.store.open_database import open_database

DEFAULT_DATABASE = "sqlite:///.leadoff/leadoff.db"


class Workspace:
    """`missing`: what to do where there is no database, as Database has it."""

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        missing: Missing = "create",
    ) -> None:
        self.root = root
        self.environ = environ
        self.clock = clock or clocks.from_environment(environ)
        self.database = open_database(environ.get("LEADOFF_DATABASE_URL") or DEFAULT_DATABASE, root, missing)
        self.folder = self.database.folder(root)
        self.media_dir = self.folder / "media"
        self.lock = self.database.daemon_lock()
        migrations.upgrade(self.database)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.database.close()

    def wake_daemon(self) -> None:
        """Tell a running daemon that something came in; without one this does nothing."""
        port = self.lock.facts().get("wake_port")
        if isinstance(port, int):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.sendto(b"wake", ("127.0.0.1", port))
