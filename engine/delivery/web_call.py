"""One web call: the request, its redirects, and what its answer means.

    CallRefused     no later call would be answered otherwise (4xx, forbidden address, too long, too many redirects)   final
    CallDeferred    a later call may be answered (no connection, no answer in time, 408, 425, 429, 5xx)                retryable

Invariants: a call may be made again at any time, because the other side knows it by its Idempotency-Key (W1). Headers and body that an
author wrote for one host go to no other. Proxies and cookies are not used; an answer is limited in bytes and in time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import httpcore
import httpx

from engine.delivery.ssrf_guard import Forbidden, GuardedBackend, Resolve, plain_host, resolved
from engine.errors import LeadoffError
from engine.senders.deadlines import ends_in
from engine.senders.http_exchange import read_retry_after, tls_context

MOST_BYTES = 65_536
MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
ORDINARY = {"user-agent": "leadoff", "accept-encoding": "identity"}
ALLOWS = "; `webhooks: {allow_hosts: …}` in leadoff.yaml allows it"
LATER = (408, 425, 429)  # and 5xx


class CallRefused(LeadoffError):
    """It has failed for good."""


class CallDeferred(LeadoffError):
    """It is to be tried again, at `retry_at` (UTC ms) if the other side asks for an instant."""

    def __init__(self, message: str, retry_at: int | None = None) -> None:
        super().__init__(message)
        self.retry_at = retry_at


class Request(NamedTuple):
    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    timeout: int  # ms, redirects included
    follows: bool = True  # where it is redirected to, maybe without its body; else a redirect is a refusal
    accept: str = "application/json"
    most_bytes: int = MOST_BYTES  # of the answer
    hosts: Collection[str] | None = None  # the only ones that it may go to, by redirects too; None: any


class CallAnswer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class Caller:
    """Makes calls, from any number of threads."""

    def __init__(self, now: Callable[[], int], resolve: Resolve = resolved) -> None:
        self._now = now
        self._resolve = resolve
        self._tls = tls_context()

    def __call__(self, request: Request, allowed: Collection[str]) -> CallAnswer:
        """The answer, which is a 2xx. Raises CallRefused or CallDeferred.

        `allowed`: hosts that may stand on a private address.
        """
        with ends_in(request.timeout / 1000):
            for _ in range(MOST_REDIRECTS + 1):
                answer = self._exchange(request, allowed)
                if answer.status not in REDIRECTS or "location" not in answer.headers or not request.follows:
                    return self._judged(answer)
                request = _redirected(request, answer)
        raise CallRefused(f"more than {MOST_REDIRECTS} redirects")

    def _exchange(self, request: Request, allowed: Collection[str]) -> CallAnswer:
        if request.hosts is not None and (host := plain_host(httpx.URL(request.url).host)) not in request.hosts:
            raise CallRefused(f"{host} is not a host that is allowed")
        backend = GuardedBackend(allowed, self._resolve)
        # A pool for one request: a connection to a judged address is not kept for another name.
        with httpcore.ConnectionPool(self._tls, network_backend=backend, max_keepalive_connections=0) as pool:
            try:
                return _answer(pool, request)
            except Forbidden as error:
                way = ALLOWS if request.hosts is None else ""
                raise CallRefused(f"{error}{way}") from error
            except httpcore.TimeoutException as error:
                raise CallDeferred("no answer in time") from error
            except (httpcore.NetworkError, httpcore.ProtocolError) as error:
                raise CallDeferred(
                    "no connection" if isinstance(error, httpcore.ConnectError) else "no whole answer"
                ) from error

    def _judged(self, answer: CallAnswer) -> CallAnswer:
        if 200 <= answer.status < 300:
            return answer
        if answer.status in LATER or answer.status >= 500:
            asked = read_retry_after(httpx.Headers(dict(answer.headers)), self._now())
            raise CallDeferred(f"answered {answer.status}", asked)
        raise CallRefused(f"answered {answer.status}")


def _answer(pool: httpcore.ConnectionPool, request: Request) -> CallAnswer:
    url = httpx.URL(request.url)
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    content = request.body.encode("utf-8", "replace") if request.body is not None else None
    written = {"accept": request.accept, **ORDINARY, **{name.lower(): value for name, value in request.headers.items()}}
    headers = [(name.encode(), value.encode("utf-8", "replace")) for name, value in written.items()]
    if content is None and request.method not in ("GET", "DELETE"):
        headers.append((b"Content-Length", b"0"))
    with pool.stream(request.method, target, headers=headers, content=content) as response:
        body = bytearray()
        for chunk in response.iter_stream():
            body += chunk
            if len(body) > request.most_bytes:
                raise CallRefused(f"an answer of more than {request.most_bytes:,} bytes")
        return CallAnswer(response.status, dict(httpx.Headers(response.headers)), bytes(body))


def _redirected(request: Request, answer: CallAnswer) -> Request:
    """The request as it goes on to where it was sent."""
    before = httpx.URL(request.url)
    try:
        url = before.join(answer.headers["location"])
    except (httpx.InvalidURL, ValueError) as error:
        raise CallRefused("redirected to something that is not a URL") from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or (url.port or 1) > 65_535:
        raise CallRefused("redirected to something that is not a URL")
    if answer.status in (301, 302, 303) and request.method != "GET":
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
        request = request._replace(method="GET", body=None, headers=headers)
    if (url.scheme, url.host, url.port) != (before.scheme, before.host, before.port):
        if request.body is not None:
            raise CallRefused(f"redirected to {url.host}, another host, and there is a body")
        request = request._replace(headers={})
    return request._replace(url=str(url))
