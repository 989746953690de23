"""One HTTP exchange with a provider, and what its failure means for a message (promises M3, M4).

    before the first byte left (refused, name, TLS, connect timeout, no free connection)    SendDeferred, whole sender
    after it (read timeout, reset, closed without an answer, half an answer, too long)      SendUnknown

Invariants: a connection that the provider closed while idle looks, when it is used again, like one that it closed after
reading the request. Both are SendUnknown; idle connections are closed after 5 s, sooner than providers do, so that the first is rare.
No request is repeated, no redirect followed, no proxy of the environment used. A response is limited in bytes, and the whole request,
connecting included, in time: by the read timeout.
"""

from __future__ import annotations

import json
import math
import re
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, NamedTuple

import httpcore
import httpx

from engine.core.calendar import HOUR
from engine.messaging.numbers import mask_numbers
from engine.senders.deadlines import EndingBackend, ends_in
from engine.senders.sender import Receipt, SendDeferred, SendUnknown
from engine.store.storable import storable

TIMEOUT = httpx.Timeout(connect=5.0, read=15.0, write=10.0, pool=5.0)  # `read` is the deadline of a whole request
LIMITS = httpx.Limits(max_connections=64, max_keepalive_connections=64, keepalive_expiry=5.0)
MOST_BYTES = 65_536
LONGEST_RETRY_AFTER_MS = HOUR
ID = re.compile(r"[!-~]{1,128}")
"""A provider's id of a message, or our key of it."""

# Raised before there is a connection. Any other error may come after the provider has read the request.
_BEFORE_THE_FIRST_BYTE = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_CODES: Mapping[type[httpx.HTTPError], str] = {
    httpx.ConnectError: "connect-failed",
    httpx.ConnectTimeout: "connect-timeout",
    httpx.PoolTimeout: "no-free-connection",
    httpx.ReadTimeout: "read-timeout",
    httpx.WriteTimeout: "write-timeout",
    httpx.RemoteProtocolError: "answer-cut-off",
    httpx.ReadError: "connection-reset",
    httpx.WriteError: "connection-reset",
}


class HttpAnswer(NamedTuple):
    status: int
    headers: httpx.Headers
    body: bytes


@cache
def tls_context() -> ssl.SSLContext:
    """One for all clients, none of which changes it: reading the certificates takes 0.1 s."""
    return httpx.create_ssl_context(trust_env=False)


def new_client() -> httpx.Client:
    return httpx.Client(
        transport=_Transport(verify=tls_context(), limits=LIMITS, trust_env=False),
        timeout=TIMEOUT,
        trust_env=False,
        follow_redirects=False,
        headers={"User-Agent": "leadoff", "Accept": "application/json", "Accept-Encoding": "identity"},
    )


class _Transport(httpx.HTTPTransport):
    """httpx's own, with connections that end at the deadline of a request."""

    def __init__(self, verify: ssl.SSLContext, limits: httpx.Limits, trust_env: bool) -> None:
        super().__init__(verify=verify, limits=limits, trust_env=trust_env)
        self._pool = httpcore.ConnectionPool(
            ssl_context=verify,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=EndingBackend(),
        )


def exchange(
    client: httpx.Client,
    method: str,
    url: str,
    headers: Mapping[str, str],
    content: bytes | None = None,
    timeout: httpx.Timeout = TIMEOUT,
) -> HttpAnswer:
    """One request and its whole response, with any status. Raises SendDeferred or SendUnknown."""
    try:
        with (
            ends_in(math.inf if timeout.read is None else timeout.read),
            client.stream(
                method, url, headers=headers, content=content, timeout=timeout, follow_redirects=False
            ) as response,
        ):
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise SendUnknown("answer-too-long", f"an answer of more than {MOST_BYTES} bytes")
            return HttpAnswer(response.status_code, response.headers, bytes(body))
    except _BEFORE_THE_FIRST_BYTE as error:
        raise SendDeferred(_code(error), "the provider could not be reached", whole_sender=True) from error
    except httpx.HTTPError as error:
        raise SendUnknown(_code(error), "the request was sent and no complete response arrived") from error


def read_retry_after(headers: httpx.Headers, now: int) -> int | None:
    """The instant that Retry-After names, at most an hour from `now`; None where it cannot be read."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        wait = int(value[:9]) * 1000
    else:
        try:
            until = parsedate_to_datetime(value).timestamp()
            # From the response's own Date: the provider's clock may differ from ours.
            said = headers.get("Date")
            wait = round((until - (parsedate_to_datetime(said).timestamp() if said else now / 1000)) * 1000)
        except (ValueError, OverflowError, TypeError):
            return None
    return now + min(wait, LONGEST_RETRY_AFTER_MS) if wait > 0 else None


def _code(error: httpx.HTTPError) -> str:
    return _CODES.get(type(error), "transport-failed")


def read_json(body: bytes) -> Any:
    """Raises ValueError; a name that comes twice is an error too, since either value may be meant."""
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name comes twice")
    return made


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object of an answer; empty where it is anything else."""
    try:
        value = read_json(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def receipt(identity: Any, status: str = "accepted") -> Receipt:
    """Raises SendUnknown where a 2xx brought no usable id."""
    if not isinstance(identity, str) or not ID.fullmatch(identity):
        raise SendUnknown("answer-without-id", "the provider answered without a usable message id")
    return Receipt(identity, status)


def known_code(value: Any) -> str | None:
    """A provider's error code, if it has the form of one."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,60}", value) else None


def for_people(value: Any, text: str) -> str | None:
    """A provider's words as a log may hold them: one line, no whole number, not the message's text."""
    if not isinstance(value, str) or (text and text in value):
        return None
    line = " ".join(word for word in storable(value[:200]).split() if word.isprintable())
    return mask_numbers(line, bare=True) or None
