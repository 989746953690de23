"""A small editor: it starts `leadoff lsp` and speaks with it over its pipes."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from tests.fork_server import leadoff

HANGS_S = 120.0  # a server that says nothing for so long is killed, and its test fails


class Editor:
    """A client of one server process. Waiting means reading: what comes in between is kept."""

    def __init__(self, folder: Path | None, workspace: bool = True, encodings: list[str] | None = None) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*leadoff(), "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
        )
        self.heard: list[dict[str, Any]] = []  # notifications and requests of the server
        self._next = 0
        self._errors = b""
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()
        general = {"positionEncodings": encodings} if encodings else {}
        folders = [{"uri": folder.as_uri(), "name": "it"}] if folder is not None and workspace else None
        capabilities = {
            "general": general,
            "textDocument": {},
            "workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}},
        }
        self.server = self.ask(
            "initialize",
            {"processId": None, "rootUri": None, "capabilities": capabilities, "workspaceFolders": folders},
        )
        self.tell("initialized", {})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.end()

    def end(self) -> tuple[int, str]:
        """The exit code, and what the server logged."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(HANGS_S)
        self._listener.join()
        self.process.stdout.close()
        return self.process.returncode, self._errors.decode()

    def _listen(self) -> None:
        assert self.process.stderr
        self._errors = self.process.stderr.read()
        self.process.stderr.close()

    def raw(self, data: bytes) -> None:
        assert self.process.stdin
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def tell(self, method: str, params: object) -> None:
        self.send({"method": method, "params": params})

    def begin(self, method: str, params: object) -> int:
        self._next += 1
        self.send({"id": self._next, "method": method, "params": params})
        return self._next

    def ask(self, method: str, params: object) -> Any:
        answer = self.answer(self.begin(method, params))
        assert "error" not in answer, answer
        return answer["result"]

    def refused(self, method: str, params: object) -> str:
        """The message of the error that answers."""
        error = self.answer(self.begin(method, params))["error"]
        assert "Traceback" not in json.dumps(error) and "traceback" not in json.dumps(error)
        return str(error["message"])

    def answer(self, id: int) -> dict[str, Any]:
        return self._until(lambda message: message.get("id") == id and "method" not in message)

    def findings(self, file: str, *codes: str, version: int | None = None) -> list[dict[str, Any]]:
        """Waits until the file shows exactly these codes (of that version of its text), and returns them."""
        uri = self.uri(file)

        def shown(message: dict[str, Any]) -> bool:
            told = message.get("params", {})
            if message.get("method") != "textDocument/publishDiagnostics" or told["uri"] != uri:
                return False
            return sorted(each["code"] for each in told["diagnostics"]) == sorted(codes) and version in (
                None,
                told.get("version"),
            )

        found: list[dict[str, Any]] = self._until(shown)["params"]["diagnostics"]
        return found

    def said(self) -> str:
        """The first message to the person."""

        def told(message: dict[str, Any]) -> bool:
            return bool(message.get("method") == "window/showMessage")

        heard = next((message for message in self.heard if told(message)), None)
        return str((heard or self._until(told))["params"]["message"])

    def _until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        while True:
            message = self._read()
            if wanted(message):
                return message
            self.heard.append(message)

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout
        watch = threading.Timer(HANGS_S, self.process.kill)
        watch.start()
        try:
            length = 0
            while (line := self.process.stdout.readline()) != b"\r\n":
                assert line, f"the server ended: {self._errors.decode()}"
                assert line.startswith(b"Content-"), f"this is not the protocol: {line!r}"
                if line.startswith(b"Content-Length: "):
                    length = int(line.split()[1])
            message: dict[str, Any] = json.loads(self.process.stdout.read(length))
            return message
        finally:
            watch.cancel()

    # files

    def uri(self, file: str) -> str:
        if ":" in file:
            return file
        assert self.folder is not None
        return (self.folder / file).as_uri()

    def open(self, file: str, text: str | None = None) -> str:
        if text is None:
            assert self.folder is not None
            text = (self.folder / file).read_bytes().decode()
        item = {"uri": self.uri(file), "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        return text

    def type(self, file: str, text: str, version: int = 2) -> None:
        document = {"uri": self.uri(file), "version": version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": [{"text": text}]})

    def at(self, file: str, text: str, words: str, offset: int = 0) -> dict[str, Any]:
        """The place of these words in a text, `offset` characters behind where they begin."""
        index = text.index(words) + offset
        before = text[:index].split("\n")
        column = len(before[-1].encode("utf-16-le")) // 2
        return {"textDocument": {"uri": self.uri(file)}, "position": {"line": len(before) - 1, "character": column}}

    def completed(self, file: str, text: str, words: str) -> list[str]:
        """What is offered behind these words."""
        found = self.ask("textDocument/completion", self.at(file, text, words, len(words)))
        return [item["label"] for item in found["items"]]

    def hovered(self, file: str, text: str, words: str, offset: int = 1) -> str:
        found = self.ask("textDocument/hover", self.at(file, text, words, offset))
        return str(found["contents"]["value"]) if found else ""


def edited(text: str, edits: list[dict[str, Any]]) -> str:
    """A text after the edits that a server asks for, as an editor makes them."""
    lines = text.split("\n")

    def index(place: dict[str, int]) -> int:
        line = lines[place["line"]] if place["line"] < len(lines) else ""
        inside = line.encode("utf-16-le")[: 2 * place["character"]].decode("utf-16-le")
        return sum(len(each) + 1 for each in lines[: place["line"]]) + len(inside)

    places = sorted((index(each["range"]["start"]), index(each["range"]["end"]), each["newText"]) for each in edits)
    for start, end, new in reversed(places):
        text = text[:start] + new + text[end:]
    return text
