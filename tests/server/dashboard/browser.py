"""A browser without script: it keeps its cookies, sends the headers that browsers send, and reads pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from urllib.parse import urlencode

import httpx

from engine.store import tokens
from tests.server.web.desk import Desk

HOME = "http://127.0.0.1:8025"


class Browser:
    """Signs in with a new token of this scope, unless it is None."""

    def __init__(self, desk: Desk, scope: str | None = "operator", name: str | None = None) -> None:
        self.desk, self.cookies = desk, dict[str, str]()
        self.token = ""
        if scope is not None:
            app, now = desk.world.app, desk.world.clock.now()
            self.token = app.database.write(lambda db: tokens.create(db, name or scope, scope, now))
            assert self.sign_in(self.token).status_code == 303

    def sign_in(self, token: str, back: str = "/", headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self.send("/sign-in", {"token": token, "back": back}, headers)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return self._kept(self.desk.ask("GET", path, headers={**self._cookie(), **(headers or {})}))

    def page(self, path: str) -> str:
        """The page, which must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.text

    def send(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None) -> httpx.Response:
        """The fields as a form of our own page would send them."""
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": HOME}
        sent = {**self._cookie(), **kind, **(headers or {})}
        return self._kept(self.desk.ask("POST", path, urlencode(fields).encode(), sent))

    def press(self, page: str, action: str, **more: str) -> httpx.Response:
        """Send the form of this page that goes to `action`, with what it brings and `more`."""
        forms = [each for each in forms_of(page) if each[0] == action]
        assert forms, (action, [each[0] for each in forms_of(page)])
        return self.send(action, {**forms[0][1], **more})

    def _cookie(self) -> dict[str, str]:
        said = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": said} if said else {}

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
            if not self.cookies[name]:
                del self.cookies[name]
        return answer


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form" and named.get("method") == "post":
            self.found.append((named["action"], {}))
        elif tag == "input" and self.found and "name" in named:
            self.found[-1][1][named["name"]] = named.get("value", "")


def forms_of(page: str) -> list[tuple[str, dict[str, str]]]:
    """(action, fields) of every form that changes something."""
    reader = _Forms()
    reader.feed(page)
    return reader.found


def words(page: str) -> str:
    """What a reader reads, in one line."""
    inside = re.sub(r"(?s)<(head|style|script)\b.*?</\1>", " ", page)
    return " ".join(re.sub(r"<[^>]*>", " ", inside).split())
