"""What becomes of a message when the network or the provider misbehaves: every sender, its real client, a rogue on loopback.

Each row ends in the state that promises M3 and M4 name: queued where it certainly did not go out, unknown where it may have.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from engine.clock import ManualClock
from engine.delivery.outbox import Outbox
from engine.deploy.deployed import Deployed
from engine.senders.http_exchange import MOST_BYTES
from engine.senders.sender import SendUnknown
from engine.store.outbox import Result
from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import ACCEPTED, FAILED, HELD, QUEUED, UNKNOWN
from tests.senders.conftest import NOON, outgoing
from tests.senders.makers import TAKEN_AS, make
from tests.senders.rogue import Answer, Rogue, closed_port, deaf, dripping, dripping_head, endless, http, reset, silence

SECOND, HOUR = 1_000, 3_600_000
Attempt = Callable[..., Result]


@pytest.fixture(params=TAKEN_AS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(Path(tmp_path_factory.mktemp("faults")) / "unused.db")
    yield database
    database.close()


@pytest.fixture
def attempt(provider: str, database: SqliteDatabase, client: httpx.Client) -> Attempt:
    """One message through the outbox's `send`: what would be stored of it."""

    def attempt(base_url: str, read_timeout: float = 5.0) -> Result:
        sender = make(provider, base_url, client=client, read_timeout=read_timeout)
        outbox = Outbox(database, _nothing_deployed, sender, 3.0)
        return outbox.send(outgoing(), NOON, ManualClock(NOON).now)

    return attempt


def _nothing_deployed() -> Deployed:
    raise AssertionError("a request asks for no deployment")


def test_what_is_taken_is_accepted(attempt: Attempt, provider: str) -> None:
    with Rogue(http(200, TAKEN_AS[provider])) as rogue:
        result = attempt(rogue.url)
    assert (result.state, result.provider_id, len(rogue.asked)) == (ACCEPTED, "p-1", 1)


# --- It certainly did not go out: it is queued again, and the whole sender pauses -----------------------------------


def test_a_refused_connection(attempt: Attempt) -> None:
    _paused(attempt(closed_port()), "connect-failed")


def test_a_name_that_nobody_has(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    _paused(attempt("https://provider.invalid"), "connect-failed")


def test_a_failed_tls_handshake(attempt: Attempt) -> None:
    with Rogue(b"not TLS at all") as rogue:
        _paused(attempt(rogue.url.replace("http:", "https:")), "connect-failed")


def test_a_connect_timeout(attempt: Attempt) -> None:
    with deaf() as url:
        _paused(attempt(url), "connect-timeout")


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("3", 3 * SECOND),
        ("86400", HOUR),
        ("99999999999999999999999", HOUR),
        ("Tue, 25 Nov 2025 12:00:30 GMT", 30 * SECOND),
        ("Wed, 25 Nov 2026 12:00:00 GMT", HOUR),
        ("Tue, 25 Nov 2025 11:59:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("soon", None),
        ("Foo, 99 Bar 2025 12:00:00 GMT", None),
        ("", None),
    ],
)
def test_429_for_as_long_as_retry_after_says(attempt: Attempt, said: str, wait: int | None) -> None:
    with Rogue(http(429, retry_after=said)) as rogue:
        result = attempt(rogue.url)
    assert (result.state, result.whole_sender) == (QUEUED, result.due)
    assert result.due is not None
    assert result.due >= NOON + wait if wait else NOON < result.due <= NOON + HOUR


@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 406, 415, 451])
def test_a_4xx_that_is_about_the_set_up_loses_no_message(attempt: Attempt, status: int) -> None:
    with Rogue(http(status, "<h1>No</h1>")) as rogue:
        _held(attempt(rogue.url), f"http-{status}")


def _held(result: Result, code: str) -> None:
    assert (result.state, result.outcome, result.code) == (HELD, "refused", code)


def _paused(result: Result, code: str) -> None:
    assert (result.state, result.code) == (QUEUED, code)
    assert result.whole_sender == result.due is not None


# --- It may have gone out: unknown, and asked once --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (silence, "read-timeout"),
        (dripping, "read-timeout"),
        (dripping_head, "read-timeout"),
        (reset, "connection-reset"),
        (b"", "answer-cut-off"),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 500\r\n\r\n{", "answer-cut-off"),
        (b"\x00\x01 no HTTP \r\n\r\n", "answer-cut-off"),
        (endless, "answer-too-long"),
        (http(200, b"x" * (MOST_BYTES + 1)), "answer-too-long"),
        *((http(status, "{}"), f"http-{status}") for status in (301, 302, 307, 308, 408, 409, 500, 502, 503, 504)),
        (http(503, "{}", retry_after="5"), "http-503"),
        (http(200, "<h1>Hello</h1>"), "answer-without-id"),
        (http(204, b""), "answer-without-id"),
        (http(200, "[]"), "answer-without-id"),
        (http(200, "[" * 60_000), "answer-without-id"),
        (http(202, '{"data": [], "status": "queued"}'), "answer-without-id"),
        (http(200, '{"id": 5, "sid": 5, "data": {"id": 5}}'), "answer-without-id"),
        (http(200, '{"id": "a b", "sid": "a b", "data": {"id": "a b"}}'), "answer-without-id"),
        (http(200, '{"id": "a", "id": "b", "sid": "a", "sid": "b"}'), "answer-without-id"),
        (http(200, '{"data": {"id": "a", "id": "b"}}'), "answer-without-id"),
    ],
)
def test_an_ambiguous_answer(attempt: Attempt, answer: Answer, code: str) -> None:
    with Rogue(answer) as rogue:
        result = attempt(rogue.url, read_timeout=0.5 if code == "read-timeout" else 5.0)
    assert (result.state, result.provider_id) == (UNKNOWN, None)
    assert result.code == code
    assert len(rogue.asked) == 1, "nothing tried it again"


def test_a_redirect_is_not_followed_and_credentials_go_nowhere_else(provider: str) -> None:
    with (
        Rogue(http(200, TAKEN_AS[provider])) as elsewhere,
        Rogue(http(307, location=f"{elsewhere.url}/v2")) as rogue,
        httpx.Client(follow_redirects=True, trust_env=False) as eager,
        pytest.raises(SendUnknown, match="http-307"),
    ):
        make(provider, rogue.url, client=eager).send(outgoing())
    assert (len(rogue.asked), elsewhere.asked) == (1, [])


@pytest.mark.parametrize("error", [httpx.WriteError, httpx.WriteTimeout, httpx.LocalProtocolError])
def test_a_failure_while_writing(provider: str, error: type[httpx.TransportError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("while writing")

    with httpx.Client(transport=httpx.MockTransport(fail)) as failing, pytest.raises(SendUnknown):
        make(provider, "http://127.0.0.1:9", client=failing).send(outgoing())


# --- It was refused -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refusal_is_final(attempt: Attempt, status: int) -> None:
    with Rogue(http(status, "<h1>No</h1>")) as rogue:
        result = attempt(rogue.url)
    assert (result.state, result.code, result.opted_out, result.unreachable) == (FAILED, f"http-{status}", False, False)
