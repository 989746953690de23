"""One project's folder with its database, its clock and its daemon: what a command needs that reads no flow.

Invariants: the language, the senders and their libraries are not loaded here; engine/app.py adds them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from engine import clock as clocks
from engine import stored_media
from engine.clock import Clock, SystemClock
from engine.store import migrations
from engine.store.database import Missing
from engine.store.open_database import open_database

DEFAULT_DATABASE = "sqlite:///.leadoff/leadoff.db"


class Workspace:
    """`missing`: what to do where there is no database, as Database has it. `upgrade`: bring its schema up to date, wherever it is."""

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        missing: Missing = "create",
        upgrade: bool = False,
    ) -> None:
        self.root = root
        self.environ = environ
        self.clock = clock or clocks.from_environment(environ)
        self.database = open_database(environ.get("LEADOFF_DATABASE_URL") or DEFAULT_DATABASE, root, missing)
        self.folder = self.database.folder(root)
        self.media_dir = self.folder / "media"
        self.lock = self.database.daemon_lock()
        self.bell = self.database.bell(self.lock)
        try:
            (migrations.upgrade if upgrade else migrations.prepare)(self.database)
            self.follow_clock()
        except BaseException:
            self.database.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.database.close()

    def follow_clock(self) -> None:
        """All machines go by the clock of the database, where that has one."""
        if isinstance(self.clock, SystemClock):
            self.clock.correct(self.database.clock_ahead())

    def picture(self, name: str) -> Path | None:
        """A stored picture on this machine's disk; None where it is not kept any more."""
        file = self.media_dir / name
        if file.is_file():
            return file
        with self.database.reading() as db:
            return stored_media.file_of(db, self.media_dir, name)

    def wake_daemon(self) -> None:
        """Tell the running daemons that something came in; without one this does nothing."""
        self.bell.ring()
