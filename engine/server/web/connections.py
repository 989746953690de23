"""Connections to the site: how many there may be, how long each may take, and which one is closed for a new one.

A subclass of uvicorn's protocol for h11, because only the protocol knows whether a head is complete; a proxy or a middleware sees
only complete heads.

Invariants: a slow connection is closed, at whatever stage it is slow; when all places are taken, the oldest connection without a
complete head is closed, else the oldest idle one, else the oldest with an incomplete body, else the oldest that pipelines requests
or does not read its answer: a provider's callback always finds a place.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 1_024
MOST_FILES = 4_096  # the limit of open files that we set, if the system allows it
BACKLOG = 128  # accepted at once, before the oldest are closed
FILES_OF_OUR_OWN = 256  # the database, the providers' sockets
LOOK_SECONDS = 1.0


class Stage(IntEnum):
    """Where a connection is. The first ones are closed first."""

    closing = 0  # closed by us, not yet by the other side
    head = 1  # it has sent nothing yet, or part of its head
    idle = 2  # between two requests
    body = 3
    queuing = 4  # it is being answered, and has sent more requests already: no provider does
    taking = 5  # the other side has not read all of its answer yet
    answer = 6  # its request is complete, and is being answered


SECONDS: Mapping[Stage, float] = MappingProxyType(
    {
        Stage.closing: 5,
        Stage.head: 10,
        Stage.idle: 10,
        Stage.body: 15,  # routes that read one answer 408 earlier
        Stage.queuing: 90,
        Stage.taking: 90,  # the largest picture, at 50 kbit/s
        Stage.answer: 90,
    }
)


class Connection(H11Protocol):
    """One connection; `connections` holds all of the server."""

    most = MOST_CONNECTIONS
    seconds = SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._enter(Stage.head)
        self._watch()
        if len(self.connections) > self.most:
            self._oldest().transport.abort()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._look()  # the other side reads its answer more slowly than it is written

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._enter(self._stage())  # also where it is the same stage: it is that of the next request

    def _enter(self, stage: Stage) -> None:
        self.stage, self.since = stage, self.loop.time()

    def _look(self) -> None:
        stage = self._stage()
        if stage is not self.stage:
            self._enter(stage)

    def _stage(self) -> Stage:
        if self.transport.get_write_buffer_size():
            return Stage.taking
        if self.transport.is_closing():
            return Stage.closing
        if self.conn.their_state is h11.IDLE:
            return Stage.idle if self.cycle is not None and not self.conn.trailing_data[0] else Stage.head
        if self.conn.their_state is h11.SEND_BODY:
            return Stage.body
        return Stage.queuing if self.conn.trailing_data[0] else Stage.answer

    def _watch(self) -> None:
        """Looks once a second: a timer for each stage would cost more than all other timers of a request."""
        if self not in self.connections:
            return
        self._look()
        if self.loop.time() - self.since >= self.seconds[self.stage]:
            self.transport.abort()
        else:
            self.loop.call_later(min(LOOK_SECONDS, self.seconds[self.stage]), self._watch)

    def _oldest(self) -> Connection:
        """The one to close. Where all are being answered, it is the newest: this one."""
        others = [
            each
            for each in self.connections
            if isinstance(each, Connection) and each.stage is not Stage.answer and each is not self
        ]
        return min(others, key=lambda each: (each.stage, each.since), default=self)


def limited(most: int, seconds: Mapping[Stage, float] = SECONDS) -> type[Connection]:
    """The protocol for a server with these limits."""

    return type("Limited", (Connection,), {"most": most, "seconds": seconds})


def most_connections() -> int:
    """As many as leave the process enough open files of its own; raises the limit of open files where it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(soft - BACKLOG - FILES_OF_OUR_OWN, soft // 2))
