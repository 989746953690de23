"""Connections to the site: how many there may be, how long each may take, and which one goes when a new one comes.

A subclass of uvicorn's protocol for h11, because only there is known whether a head has come whole; a proxy or a middleware sees a
request when it is one.

Invariants: whoever is slow is hung up on, whatever it is slow with; when all places are taken, the oldest connection without a
finished head goes, else the oldest idle one, else the oldest whose body is not whole, else the oldest that sends request upon
request or does not take its answer: a provider's callback always finds a place.
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
MOST_FILES = 4_096  # what we ask the system for, where it lets us
BACKLOG = 128  # so many are taken in one go, before the oldest are hung up on
FILES_OF_OUR_OWN = 256  # the database, the providers' sockets
LOOK_SECONDS = 1.0


class Stage(IntEnum):
    """Where a connection is. The first ones go first."""

    closing = 0  # hung up by us, and the other side takes no notice
    head = 1  # it sends nothing yet, or its head
    idle = 2  # between two requests
    body = 3
    queuing = 4  # it is being answered, and has sent more requests behind: no provider does
    taking = 5  # the answer is on its way, and the other side has not taken all of it yet
    answer = 6  # its request is whole, and is being answered


GOES = (Stage.closing, Stage.head, Stage.idle, Stage.body, Stage.queuing, Stage.taking)
SECONDS: Mapping[Stage, float] = MappingProxyType(
    {
        Stage.closing: 5,
        Stage.head: 10,
        Stage.idle: 10,
        Stage.body: 15,  # routes that read one answer 408 before
        Stage.queuing: 90,
        Stage.taking: 90,  # the largest picture, at 50 kbit/s
        Stage.answer: 90,
    }
)


class Connection(H11Protocol):
    """One connection; all of a server know each other through `connections`."""

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
        self._look()  # the other side does not take its answer as fast as it comes

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._enter(self._stage())  # also where it is the same one: of the next request

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
        """Looks once a second: timers of its own for each stage would cost more than all of a request's other timers."""
        if self not in self.connections:
            return
        self._look()
        if self.loop.time() - self.since >= self.seconds[self.stage]:
            self.transport.abort()
        else:
            self.loop.call_later(min(LOOK_SECONDS, self.seconds[self.stage]), self._watch)

    def _oldest(self) -> Connection:
        """Who goes. Where all are being answered, it is the one that came last: this one."""
        others = [
            each
            for each in self.connections
            if isinstance(each, Connection) and each.stage in GOES and each is not self
        ]
        return min(others, key=lambda each: (each.stage, each.since), default=self)


def limited(most: int, seconds: Mapping[Stage, float] = SECONDS) -> type[Connection]:
    """The protocol for a server of its own limits."""

    class Limited(Connection):
        pass

    Limited.most, Limited.seconds = most, seconds
    return Limited


def most_connections() -> int:
    """As many as leave the process files of its own; asks the system for more files where it may have them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft == resource.RLIM_INFINITY:
        return MOST_CONNECTIONS
    return min(MOST_CONNECTIONS, max(soft - BACKLOG - FILES_OF_OUR_OWN, soft // 2))
