"""What a database can do for the rest of Leadoff, whichever it is: SQLite's file (engine/store/sqlite) or PostgreSQL.

Invariants: `write` returns after the commit is on disk; readers see only what is committed. A database that cannot be used now raises
Unavailable, whichever statement meets it; a statement that it refuses raises the driver's own error (statement_errors.py).
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, TypeVar

from engine.errors import LeadoffError
from engine.store.bell import Bell
from engine.store.daemon_lock import DaemonLock
from engine.store.sql import Connection

T = TypeVar("T")
Item = TypeVar("Item")
log = logging.getLogger("leadoff.store")
Missing = Literal["create", "empty", "refuse"]


class Database(ABC):
    """Threads read with `reading`, write with `write`."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What people call it: the file, or the address without its password."""

    schema: Path
    """The statements that make an empty one, one a line."""

    is_upgraded_by_all = True
    """Whether each command brings its schema up to date; else other programs may be at work, and only `db upgrade` and `apply` do."""

    @property
    @abstractmethod
    def is_stand_in(self) -> bool:
        """Whether there is none, and an empty one in memory in its place."""

    @abstractmethod
    def write(self, function: Callable[[Connection], T]) -> T:
        """Run `function` in a write transaction; returns after the commit is on disk. Raises Unavailable, and what `function` raises."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A connection inside one read transaction: all statements see the same state. Raises Unavailable."""

    @abstractmethod
    def refuse_another(self) -> None:
        """Raises Unusable where what was opened is not what stands there now: what is stored in it would be lost."""

    @abstractmethod
    def probe(self, now: int) -> None:
        """Raises Unavailable while nothing can be written: only a write shows that a disk is full."""

    @abstractmethod
    def folder(self, project: Path) -> Path:
        """Where this machine keeps what belongs to it: pictures, the simulator's token."""

    @abstractmethod
    def daemon_lock(self) -> DaemonLock: ...

    @abstractmethod
    def bell(self, lock: DaemonLock) -> Bell: ...

    def clock_ahead(self) -> int:
        """By how many ms the clock of the database, which all of its machines go by, is ahead of this machine's. Raises Unavailable."""
        return 0

    @abstractmethod
    def about(self) -> dict[str, Any]:
        """What `doctor` tells: where it is, how large, its settings."""

    @abstractmethod
    def alone(self) -> AbstractContextManager[tuple[Connection, Any]]:
        """For changes of the tables: a transaction that no other writer is beside, also as SQLAlchemy's connection. Raises Unavailable."""

    @abstractmethod
    def damage(self) -> list[str]:
        """What the database itself finds wrong with what it keeps. Raises Unavailable."""

    @abstractmethod
    def erase(self) -> bool:
        """Let nothing that was deleted stay readable; False where that must wait for the next `upkeep`."""

    @abstractmethod
    def upkeep(self) -> None:
        """What is done to it every hour, besides its work."""

    @abstractmethod
    def close(self) -> None: ...

    def write_apart(
        self,
        store: Callable[[Connection, Sequence[Item]], list[T]],
        items: Sequence[Item],
        failed: Callable[[Item], T],
    ) -> list[T]:
        """A result for each item, in order: that of `store`, or `failed` where it raises for this item (E5). Raises Unavailable.

        One transaction; only where `store` raises, one for each half, down to the item at fault. That is logged, without what it holds.
        """
        if not items:
            return []
        try:
            return self.write(lambda db: store(db, items))
        except LeadoffError:
            raise
        except Exception:
            if len(items) == 1:
                log.exception("one item of a batch cannot be stored")
                return [failed(items[0])]
        half = len(items) // 2
        return self.write_apart(store, items[:half], failed) + self.write_apart(store, items[half:], failed)
