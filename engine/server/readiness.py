"""Whether the daemon does its work, for /readyz, and whoever is told when that changes.

Invariants: it tries what the engine needs: a heartbeat that ticks, a database that takes a write (only a write shows that a disk is full),
and senders that send what is due. What was told last is remembered, so that a daemon that starts well tells of that where its address
still believes the opposite.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

from engine.app import App
from engine.delivery.stalled import stalled
from engine.deploy.stored_pictures import waited_for
from engine.errors import Refused, Unavailable
from engine.store import meta
from engine.store.statement_errors import statement_errors

LATE_SECONDS = 30.0
LOOK_SECONDS = 10
Tell = Callable[[str, Mapping[str, Any], int], None]


class Beat(Protocol):
    """What is read of the heartbeat."""

    healthy: bool
    last_beat: int | None  # UTC ms


def reasons(app: App, heartbeat: Beat) -> Iterator[str]:
    """Why the process is not ready."""
    now = app.clock.now()
    if not heartbeat.healthy:
        yield "the last tick failed"
    elif heartbeat.last_beat is None:
        yield "there was no tick yet"
    # As long as it takes until the same time has passed once more: real seconds, also on a clock that runs faster.
    elif app.clock.real_seconds(now + now - heartbeat.last_beat) > LATE_SECONDS:
        yield f"there was no tick for {LATE_SECONDS:.0f} s"
    try:
        app.database.probe(now)
    except Unavailable:
        yield "the database cannot be written"
    try:
        deployed = app.deployed()
        with app.database.reading() as db:
            yield from stalled(db, deployed, now)
            if waiting := waited_for(db, app.media_dir):
                yield f"{waiting} messages wait for a picture that is gone: `leadoff doctor`"
    except Refused:
        yield "nothing is deployed"
    except statement_errors(Unavailable):
        yield "the database cannot be read"


def daemons(app: App) -> list[dict[str, Any]]:
    """All that work on a database that may have several, for whoever may ask: no host."""
    try:
        found = app.lock.daemons()
    except statement_errors(Unavailable):
        return []
    return [{"id": each.id, "version": each.version, "state": each.state} for each in found]


def _name_of_daemon(app: App) -> str:
    """The same after a new start, and another than its neighbour's on this machine: that has another port."""
    port = None if app.lock.alone else app.lock.facts().get("port")
    return socket.gethostname() if port is None else f"{socket.gethostname()}:{port}"


class ReadinessWatch:
    """`look` now and then; `tell(subject, what, now)` is called where it has changed. Used by one thread."""

    def __init__(self, app: App, heartbeat: Beat, tell: Tell, who: str | None = None) -> None:
        self._app, self._heartbeat, self._tell = app, heartbeat, tell
        self._who = who or _name_of_daemon(app)
        self._ready: bool | None = None  # as it was told; None: not read yet

    def look(self) -> None:
        why = list(reasons(self._app, self._heartbeat))
        if self._ready is None:
            self._ready = self._remembered()
        if self._ready is bool(why):
            self._turn(why)

    def _turn(self, why: list[str]) -> None:
        now, self._ready = self._app.clock.now(), not why
        kind = "not_ready" if why else "ready"
        text = f"{self._who} is not ready: {'; '.join(why)}" if why else f"{self._who} is ready again"
        self._tell(f"{kind}:{self._who}:{now}", {"kind": kind, "at": now, "text": text, "reasons": why}, now)
        self._remember()

    def _name(self) -> str:
        return f"{meta.NOT_READY}:{self._who}"

    def _remembered(self) -> bool:
        try:
            with self._app.database.reading() as db:
                return meta.get(db, self._name()) is None
        except statement_errors(Unavailable):
            return True

    def _remember(self) -> None:
        name, at = self._name(), str(self._app.clock.now())
        with suppress(Unavailable):  # then the next daemon may tell it once more, or not that all is well
            if self._ready:
                self._app.database.write(lambda db: meta.remove(db, name))
            else:
                self._app.database.write(lambda db: meta.put_new(db, name, at))
