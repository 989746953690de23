"""SQLite: the lock of the one daemon of a database (D1), by which other processes find it."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from typing import IO, Any

from engine import private_files
from engine.errors import Refused
from engine.store.daemon_lock import DaemonLock, LivingDaemon


class FileLock(DaemonLock):
    """Held by the one daemon of a database file; tells other processes how to wake it. Freed by the system when the process dies."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file: IO[str] | None = None
        self._told: dict[str, Any] = {}

    def acquire(self, **facts: Any) -> None:
        """Raises Refused while another process holds it."""
        private_files.make_file(self._path)
        file = open(self._path, "a+", encoding="utf-8")  # noqa: SIM115 (held as long as the daemon lives)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            pid = self.facts().get("pid", "?")
            raise Refused(
                f"another daemon (process {pid}) already runs on {self._path.with_suffix('')}",
                "only one daemon can use a database: stop the other one first",
            ) from error
        self._file, self._told = file, {"pid": os.getpid()}
        self.tell(**facts)

    def tell(self, **facts: Any) -> None:
        """Write down what other processes may need, besides what was told before: pid, wake port, web port, simulator."""
        assert self._file is not None
        self._told |= facts
        self._file.seek(0)
        self._file.truncate()
        json.dump(self._told, self._file)
        self._file.flush()

    def facts(self) -> dict[str, Any]:
        """What the last holder wrote; {} when there is none."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def held(self) -> bool:
        """Whether a daemon lives."""
        try:
            with open(self._path, encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def daemons(self) -> list[LivingDaemon]:
        return []

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
