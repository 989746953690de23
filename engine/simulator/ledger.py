"""What the provider has accepted, in order, and what it refused: tests compare the engine's database with it.

Invariants: every accepted message is an entry of its own; a tag that comes twice makes two entries, so that a duplicate is visible.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

from engine.messaging.parts import count


class Posted(NamedTuple):
    """One callback, with all its attempts."""

    status: str
    code: str | None
    at: int  # UTC ms
    attempts: int
    answer: int | None  # HTTP status of the last response; None without one


class Entry(NamedTuple):
    """One accepted message."""

    id: str
    api: str  # the dialect it was asked for in
    account: str
    tag: str | None
    to: str
    from_: str
    text: str
    media_url: str | None
    accepted_at: int  # UTC ms
    updated_at: int  # UTC ms
    status: str = "accepted"
    code: str | None = None
    media_sha256: str | None = None  # of the image as fetched
    media_bytes: int | None = None
    status_url: str | None = None  # where its callbacks are posted to
    application: str | None = None
    callbacks: tuple[Posted, ...] = ()

    @property
    def parts(self) -> int:
        """What it is billed as."""
        return 1 if self.media_url else count(self.text).parts

    def as_json(self) -> dict[str, Any]:
        row = self._asdict()
        row["from"] = row.pop("from_")
        row["callbacks"] = [posted._asdict() for posted in self.callbacks]
        return row


class Refusal(NamedTuple):
    """A well-formed message that was refused."""

    at: int
    tag: str | None
    to: str
    from_: str
    code: str


class Ledger:
    """Used by any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._entries: dict[str, Entry] = {}
        self._refused: list[Refusal] = []

    def accept(self, entry: Entry) -> None:
        with self._lock:
            self._entries[entry.id] = entry
            self._lock.notify_all()

    def refuse(self, refusal: Refusal) -> None:
        with self._lock:
            self._refused.append(refusal)

    def change(self, identity: str, **changes: Any) -> Entry:
        with self._lock:
            changed = self._entries[identity] = self._entries[identity]._replace(**changes)
            return changed

    def posted(self, identity: str, posted: Posted) -> None:
        with self._lock:
            entry = self._entries[identity]
            self._entries[identity] = entry._replace(callbacks=(*entry.callbacks, posted))

    def messages(self) -> tuple[Entry, ...]:
        """Every accepted message, oldest first."""
        with self._lock:
            return tuple(self._entries.values())

    def wait_for(self, count: int, timeout: float) -> bool:
        """Waits (real seconds) until that many messages were accepted; False if that took longer."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self._entries) >= count, timeout)

    def refusals(self) -> tuple[Refusal, ...]:
        with self._lock:
            return tuple(self._refused)

    def one(self, account: str, identity: str) -> Entry | None:
        with self._lock:
            found = self._entries.get(identity)
            return found if found is not None and found.account == account else None

    def find(self, account: str, tag: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.messages() if (entry.account, entry.tag) == (account, tag))
