"""The HTTP server: HTTP/1.1 on loopback, one thread a connection, with half responses and resets where a fault asks for them.

    GET  /v1/ledger                               200 {"messages": […], "refused": […]}
    POST /v1/phones/{number}/texts                {"text", "to", "route"} -> 200 {"app_status"}; `route` is used where that number has sent
                                                  nothing yet: {"api", "account", "url", "application"}
    POST /v1/faults                               {"fault": "drop_answer:2"} -> 200

Everything else belongs to a dialect (engine/simulator/dialects), by its path; refusals of the server have the dialect's form too.

Invariants: loopback only, and only with a Host on loopback (a web page that makes a browser call it under another name is refused);
bodies are limited in size; every response is one write.
"""

from __future__ import annotations

import logging
import re
import selectors
import socket
import struct
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from wsgiref.handlers import format_date_time

from engine.errors import UsageError
from engine.messaging.numbers import E164
from engine.simulator.dialects.dialect import Route
from engine.simulator.http_messages import Reply, Request, reply
from engine.simulator.provider import Provider
from engine.simulator.validation import Declined, is_loopback, loopback_of, only, read_object, text_of

log = logging.getLogger(__name__)

MOST_BYTES = 65_536
_TEXTS = re.compile(r"/v1/phones/([^/]+)/texts")


class Listener(ThreadingMixIn, TCPServer):
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True

    def __init__(self, address: tuple[str, int], provider: Provider) -> None:
        self.provider = provider
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._ended, self._end = socket.socketpair()
        super().__init__(address, Handler, bind_and_activate=False)
        try:
            self.server_bind()
        except OSError:
            self.server_close()
            raise

    def serve(self) -> None:
        """Until `end`. It wakes for a connection alone, where serve_forever() would look every so often whether to end."""
        with selectors.DefaultSelector() as ready:
            ready.register(self, selectors.EVENT_READ)
            ready.register(self._ended, selectors.EVENT_READ)
            while all(key.fileobj is self for key, _ in ready.select()):
                self.handle_request()

    def end(self) -> None:
        self._end.send(b"0")

    def server_close(self) -> None:
        super().server_close()
        self._ended.close()
        self._end.close()

    def entered(self, connection: socket.socket) -> None:
        with self._lock:
            self._open[connection] = threading.current_thread()
        if self.stopping.is_set():  # accepted just before the server stopped
            _shut(connection)

    def left(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.pop(connection, None)

    def hang_up(self) -> None:
        self.stopping.set()
        with self._lock:
            still_open = dict(self._open)
        for connection, thread in still_open.items():
            _shut(connection)
            thread.join(5)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):  # the client closed the connection
            log.exception("the simulator could not serve a request")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60  # of an idle connection: longer than Leadoff's client keeps it
    server: Listener

    def setup(self) -> None:
        super().setup()
        self.server.entered(self.connection)

    def finish(self) -> None:
        super().finish()
        self.server.left(self.connection)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:
        """Not logged: the ledger holds the messages."""

    def _serve(self) -> None:
        try:
            answer = self._answer(self._body())
        except Declined as declined:
            dialect = self.server.provider.dialect(urlsplit(self.path).path)
            answer = dialect.refused(declined)._replace(retry_after=declined.retry_after)
        try:
            self._give(answer)
        finally:
            if answer.then is not None:
                answer.then()

    def _answer(self, body: bytes) -> Reply:
        provider, url = self.server.provider, urlsplit(self.path)
        if not is_loopback(f"http://{self.headers.get('Host', '')}"):
            raise Declined(403, "not-loopback", "this provider answers on loopback only")
        if self.command == "GET" and url.path == "/v1/ledger":
            return provider.read_ledger()
        if self.command == "POST" and url.path == "/v1/faults":
            return _add_fault(provider, read_object(body))
        match = _TEXTS.fullmatch(url.path)
        if self.command == "POST" and match:
            return _text(provider, unquote(match[1]), read_object(body))
        request = Request(
            self.command,
            url.path,
            parse_qs(url.query, keep_blank_values=True),
            self.headers.get("Authorization", ""),
            self.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            body,
        )
        return provider.dialect(url.path).answer(request, provider)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0" if self.command == "GET" else "")
        if "Transfer-Encoding" in self.headers or not re.fullmatch(r"[0-9]{1,9}", length):
            self.close_connection = True
            raise Declined(411, "length-required", "a body comes with its length")
        if int(length) > MOST_BYTES:
            self.close_connection = True
            raise Declined(413, "too-large", f"a body has at most {MOST_BYTES} bytes")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            raise Declined(400, "bad-request", "the body ended early")
        return body

    def _give(self, answer: Reply) -> None:
        if answer.wait and self.server.stopping.wait(answer.wait):
            self.close_connection = True
            return
        if answer.manner != "whole":
            self.close_connection = True
        if answer.manner == "reset":
            self._reset()
        elif answer.manner != "drop":
            body = answer.body[: len(answer.body) // 2] if answer.manner == "half" else answer.body
            self.connection.sendall(self._head(answer) + body)

    def _head(self, answer: Reply) -> bytes:
        try:
            phrase = HTTPStatus(answer.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [
            f"HTTP/1.1 {answer.status} {phrase}",
            f"Date: {format_date_time(self.server.provider.now() / 1000)}",
            "Content-Type: application/json",
            f"Content-Length: {len(answer.body)}",
        ]
        if answer.retry_after is not None:
            lines.append(f"Retry-After: {answer.retry_after}")
        if self.close_connection:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _reset(self) -> None:
        # With a linger time of 0 closing sends RST; the reader holds the socket open, so it goes first.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        connection.shutdown(socket.SHUT_RDWR)


def _add_fault(provider: Provider, fields: dict[str, Any]) -> Reply:
    try:
        provider.add_fault(str(fields.get("fault", "")))
    except UsageError as error:
        raise Declined(400, "bad-fault", error.message) from error
    return reply(200, {"faults": [fault._asdict() for fault in provider.faults()]})


def _text(provider: Provider, number: str, fields: dict[str, Any]) -> Reply:
    text, to = fields.get("text"), fields.get("to")
    if not E164.fullmatch(number) or not isinstance(text, str) or not isinstance(to, str) or len(text) > 1_600:
        raise Declined(400, "bad-request", "a text goes from an E.164 number to a sender's number")
    return reply(200, {"app_status": provider.text_from(number, to, text, _route(provider, fields.get("route")))})


def _route(provider: Provider, given: object) -> Route | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise Declined(400, "bad-request", "route is not an object", "route")
    only(given, frozenset({"api", "account", "url", "application"}))
    url = loopback_of(given, "url")
    if url is None:
        raise Declined(400, "bad-request", "a route has a url", "url")
    account, application = text_of(given, "account") or "", text_of(given, "application")
    return provider.route(text_of(given, "api") or "", account, url, application)
