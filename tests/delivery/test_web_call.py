"""What becomes of a call, against a server on loopback that does everything wrong."""

from __future__ import annotations

import ssl

import pytest

from engine.delivery.web_call import CallAnswer, CallDeferred, Caller, CallRefused, Request
from tests.delivery.crm import Crm, hangs_up, says, says_half, speaks_nonsense

pytestmark = pytest.mark.only("sqlite", "it opens no database")

NOW = 1_806_588_000_000
HOSTS = ("127.0.0.1", "crm.example", "other.example")
KEY = {"Authorization": "Bearer s", "X-Api-Key": "k", "Idempotency-Key": "i"}


def call(url: str, body: str | None = None, timeout: int = 3_000, method: str = "POST") -> CallAnswer:
    caller = Caller(lambda: NOW, lambda host, port: ["127.0.0.1"])
    return caller(Request(method, url, KEY, body, timeout), HOSTS)


def test_a_call_as_it_arrives() -> None:
    with Crm(says(201, {"total": 7})) as crm:
        answer = call(f"{crm.url}/points?a=1", '{"name": "Zoë"}')
    assert (answer.status, answer.body) == (201, b'{"total": 7}')
    (got,) = crm.got
    assert (got.method, got.target, got.body) == ("POST", "/points?a=1", '{"name": "Zoë"}')
    assert got.headers["idempotency-key"] == "i"
    assert got.headers["host"] == f"127.0.0.1:{crm.port}"
    assert got.headers["content-length"] == "16"


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with Crm() as crm:
        assert call(crm.url).status == 200


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_what_may_be_answered_later_is_deferred(status: int) -> None:
    with Crm(says(status, None, Retry_After="120")) as crm, pytest.raises(CallDeferred, match=str(status)) as caught:
        call(crm.url)
    assert caught.value.retry_at == NOW + 120_000


@pytest.mark.parametrize("status", [300, 400, 401, 404, 410, 422])
def test_what_will_never_be_answered_otherwise_is_refused(status: int) -> None:
    with Crm(says(status)) as crm, pytest.raises(CallRefused, match=f"answered {status}"):
        call(crm.url)


@pytest.mark.parametrize("answer", [hangs_up, says_half, speaks_nonsense])
def test_no_whole_answer_is_deferred(answer: object) -> None:
    with Crm(answer) as crm, pytest.raises(CallDeferred, match="no whole answer"):  # type: ignore[arg-type]
        call(crm.url)


@pytest.mark.parametrize(
    ("first", "drip"),
    [(b"", b""), (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"), (b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"x")],
    ids=["silence", "headers that drip", "a body that drips"],
)
def test_an_answer_that_does_not_end_is_cut_off_in_time(first: bytes, drip: bytes) -> None:
    with Crm() as crm:
        crm.answers = [crm.never_ends(first, drip)]
        with pytest.raises(CallDeferred, match="in time"):
            call(crm.url, timeout=200)


def test_nobody_there() -> None:
    with Crm() as crm:
        url = crm.url
    with pytest.raises(CallDeferred, match="no connection"):
        call(url)


def test_an_answer_is_capped() -> None:
    with Crm(says(200, b"x" * 65_536)) as crm:
        assert len(call(crm.url).body) == 65_536
    with Crm(says(200, b"x" * 65_537)) as crm, pytest.raises(CallRefused, match="65,536"):
        call(crm.url)


def test_three_redirects_are_followed_and_no_fourth() -> None:
    on = says(302, None, Location="/on")
    with Crm(on, on, on, says(200, "there")) as crm:
        assert call(crm.url, "body").body == b'"there"'
    assert [got.method for got in crm.got] == ["POST", "GET", "GET", "GET"]
    assert crm.got[-1].body == ""
    assert crm.got[-1].headers["x-api-key"] == "k"
    with Crm(on) as crm, pytest.raises(CallRefused, match="more than 3 redirects"):
        call(crm.url)


def test_what_was_meant_for_one_host_goes_to_no_other() -> None:
    with Crm(says(200, {})) as other, Crm(says(303, None, Location=f"http://other.example:{other.port}/x")) as crm:
        assert call(f"http://crm.example:{crm.port}/", "secret").status == 200
    (got,) = other.got
    assert set(KEY) & {name.title() for name in got.headers} == set()
    assert (got.method, got.body, got.headers["host"]) == ("GET", "", f"other.example:{other.port}")


def test_a_body_stays_with_its_host() -> None:
    with Crm(says(307, None, Location="/on"), says(200)) as crm:
        call(crm.url, "body")
    assert [got.body for got in crm.got] == ["body", "body"]
    with (
        Crm(says(308, None, Location="http://other.example/")) as crm,
        pytest.raises(CallRefused, match=r"other\.example"),
    ):
        call(crm.url, "body")


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://169.254.169.254/latest", "not a public address"),
        ("http://[::ffff:127.0.0.1]/", "not a public address"),
        ("http://2130706433/", "not a public address"),
        ("file:///etc/passwd", "not a URL"),
        ("http://name:word@127.0.0.1/", "not a URL"),
        ("http://127.0.0.1:99999/", "not a URL"),
    ],
)
def test_the_guard_stands_at_every_redirect(location: str, why: str) -> None:
    with Crm(says(302, None, Location=location)) as crm, pytest.raises(CallRefused, match=why):
        Caller(lambda: NOW)(Request("GET", crm.url, {}, None, 3_000), ("127.0.0.1",))
    assert len(crm.got) == 1


def test_without_leave_loopback_is_refused_before_a_byte_goes_out() -> None:
    with Crm() as crm, pytest.raises(CallRefused, match="not a public address"):
        Caller(lambda: NOW)(Request("GET", crm.url, {}, None, 3_000), ())
    assert crm.got == []


def test_a_host_that_there_is_not() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(CallDeferred, match="no connection"):
        Caller(lambda: NOW, nowhere)(Request("GET", "http://nowhere.example/", {}, None, 3_000), ())


def test_a_server_without_tls_is_no_tls_server() -> None:
    """And certificates are asked for: no context of ours switches that off."""
    caller = Caller(lambda: NOW)
    assert caller._tls.verify_mode is ssl.CERT_REQUIRED
    assert caller._tls.check_hostname
    with Crm(speaks_nonsense) as crm, pytest.raises(CallDeferred):
        call(crm.url.replace("http:", "https:"), timeout=500)
