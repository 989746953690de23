"""Slow and many: a provider's callback finds a place all the same, on a real socket."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException, HTTPResponse

import pytest
import uvicorn
from starlette.requests import Request

from engine.server.web.connections import SECONDS, Stage, limited, most_connections
from engine.server.web.request_bodies import BodyRoom
from tests.server.web.desk import Desk

PATIENCE = 20.0
SMALL = 4_096
"""What is kept of an answer that is not taken is soon full."""
HEAD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
BODY = b"POST /callbacks/main/inbound HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n["
WHOLE = HEAD + b"\r\n"


@contextmanager
def served(desk: Desk, most: int, **seconds: float) -> Iterator[Callable[[bytes], socket.socket]]:
    """The site, with room for `most`; what is yielded opens a connection that sends these bytes and has been seen."""
    limits = dict(SECONDS) | {Stage[name]: limit for name, limit in seconds.items()}
    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as opened:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL)
        config = uvicorn.Config(desk.site, http=limited(most, limits), lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()

        def connect(data: bytes) -> socket.socket:
            made = opened.enter_context(socket.create_connection(listener.getsockname(), PATIENCE))
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
            made.sendall(data)
            return made

        yield connect
        server.should_exit = True
        opened.close()
        thread.join()


def answer(connection: socket.socket) -> int:
    """The status of the whole answer that comes; 0 where we are hung up on."""
    coming = HTTPResponse(connection)
    try:
        coming.begin()
        coming.read()
    except (HTTPException, ConnectionResetError):
        return 0
    return coming.status


@pytest.mark.parametrize(
    ("stage", "data"),
    [
        ("head", b""),
        ("head", HEAD),
        ("body", BODY),
        ("body", WHOLE.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n1")),
    ],
)
def test_who_is_slow_is_hung_up_on(desk: Desk, stage: str, data: bytes) -> None:
    with served(desk, 8, **{stage: 0.1}) as connect:
        slow = connect(data)
        while slow.recv(65_536):
            pass
        assert answer(connect(WHOLE)) == 200


def test_when_all_places_are_taken_the_oldest_without_a_head_goes(desk: Desk) -> None:
    with served(desk, 3) as connect:
        body, idle = connect(BODY), connect(WHOLE)
        assert answer(idle) == 200
        late = connect(HEAD)
        assert answer(connect(WHOLE)) == 200
        assert answer(late) == 0
        idle.sendall(WHOLE)
        assert answer(idle) == 200, "it has kept its place"
        body.sendall(b" " * 998 + b"]")
        assert answer(body) == 403


def test_then_the_oldest_idle_one_and_then_the_oldest_unfinished_body(desk: Desk) -> None:
    with served(desk, 2) as connect:
        body, idle = connect(BODY), connect(WHOLE)
        assert answer(idle) == 200
        another = connect(BODY)
        assert answer(idle) == 0
        assert answer(connect(WHOLE)) == 200
        assert answer(body) == 0
        another.sendall(b" " * 998 + b"]")
        assert answer(another) == 403


@pytest.mark.parametrize("data", [b"", HEAD, BODY, WHOLE])
def test_a_crowd_keeps_no_callback_out(desk: Desk, data: bytes) -> None:
    with served(desk, 16) as connect:
        crowd = [connect(data) for _ in range(100)]
        assert answer(connect(WHOLE)) == 200
        assert len(crowd) == 100


def test_a_crowd_that_takes_no_answers_keeps_no_callback_out(desk: Desk) -> None:
    many = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    with served(desk, 8) as connect:
        crowd = [connect(b"") for _ in range(8)]
        for each in crowd:
            each.settimeout(0.5)
            with suppress(TimeoutError, ConnectionError):
                while True:
                    each.sendall(many * 1_000)  # until the site reads no more, as its answers are not taken
        assert answer(connect(WHOLE)) == 200


def test_all_bodies_together_have_a_bound() -> None:
    """The oldest that is still coming is given up; a short one passes."""
    room = BodyRoom(most=1_000)

    async def body(*chunks: bytes, whole: bool, heard: asyncio.Event) -> int:
        left = list(chunks)

        async def receive() -> dict[str, object]:
            if left:
                return {"type": "http.request", "body": left.pop(0), "more_body": bool(left) or not whole}
            heard.set()
            await asyncio.get_running_loop().create_future()
            raise AssertionError("nobody sends more")

        async with room.body(Request({"type": "http", "method": "POST"}, receive), lambda body: 900, "a body") as found:
            return len(found)

    async def story() -> list[object]:
        heard = [asyncio.Event() for _ in range(3)]
        first = asyncio.create_task(body(b"x" * 600, whole=False, heard=heard[0]))
        await heard[0].wait()
        second = asyncio.create_task(body(b"y" * 300, whole=False, heard=heard[1]))
        await heard[1].wait()
        third = await body(b"z" * 200, whole=True, heard=heard[2])
        (lost,) = await asyncio.gather(first, return_exceptions=True)
        second.cancel()
        return [third, getattr(lost, "status_code", lost)]

    assert asyncio.run(story()) == [200, 408]


def test_it_knows_how_many_files_it_may_have() -> None:
    assert 16 <= most_connections() <= 1_024
