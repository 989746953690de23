"""A small client of the Language Server Protocol over stdio: what an editor does, without the editor."""

from __future__ import annotations

import json
import subprocess
import threading
from pathlib import Path
from queue import Empty, Queue
from types import TracebackType
from typing import IO, Any

PATIENCE_SECONDS = 30.0
SETTINGS = {
    "yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}},
    "http": {},
    "[yaml]": {},
}


class Editor:
    """One server and the documents that are open in it. Positions count from 0, as the protocol does."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.folder = folder
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._inbox: Queue[dict[str, Any]] = Queue()
        self._complaints: dict[str, list[dict[str, Any]]] = {}
        self._last = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Editor:
        capabilities = {
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}},
                "hover": {"contentFormat": ["markdown"]},
                "publishDiagnostics": {},
            },
            "workspace": {"configuration": True},
        }
        root = self.folder.as_uri()
        self.ask("initialize", {"processId": None, "rootUri": root, "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": SETTINGS}})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def open(self, path: str, text: str) -> list[dict[str, Any]]:
        """Open a file of the folder with this text; what the server complains of."""
        uri = (self.folder / path).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._complaints.pop(uri, None)
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while uri not in self._complaints:
            self._handle(self._next())
        return self._complaints[uri]

    def complete(self, path: str, line: int, character: int) -> list[dict[str, Any]]:
        found = self._at("textDocument/completion", path, line, character)
        return list(found["items"] if isinstance(found, dict) else found or [])

    def hover(self, path: str, line: int, character: int) -> str:
        found = self._at("textDocument/hover", path, line, character)
        return str(found["contents"]["value"]) if found else ""

    def _at(self, method: str, path: str, line: int, character: int) -> Any:
        where = {"uri": (self.folder / path).as_uri()}
        return self.ask(method, {"textDocument": where, "position": {"line": line, "character": character}})

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        self._last += 1
        self._send({"id": self._last, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self._last and "method" not in message:
                assert "error" not in message, message
                return message["result"]
            self._handle(message)

    def _handle(self, message: dict[str, Any]) -> None:
        """What the server says or asks in between."""
        if message.get("method") == "textDocument/publishDiagnostics":
            self._complaints[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "workspace/configuration":
            asked = message["params"]["items"]
            self._send({"id": message["id"], "result": [SETTINGS.get(item.get("section"), {}) for item in asked]})
        elif "id" in message and "method" in message:
            self._send({"id": message["id"], "result": None})

    def _next(self) -> dict[str, Any]:
        try:
            return self._inbox.get(timeout=PATIENCE_SECONDS)
        except Empty:
            raise AssertionError("the language server does not answer") from None

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        pipe = self._process.stdin
        assert pipe is not None
        pipe.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        pipe.flush()

    def _listen(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        while (size := _length(pipe)) is not None:
            self._inbox.put(json.loads(pipe.read(size)))


def _length(pipe: IO[bytes]) -> int | None:
    size = None
    while line := pipe.readline():
        if line == b"\r\n":
            return size
        name, _, value = line.partition(b":")
        size = int(value) if name.lower() == b"content-length" else size
    return None
