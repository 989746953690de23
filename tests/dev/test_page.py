"""The page of `leadoff dev`: what it shows, and whom it answers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from fastapi.sse import ServerSentEvent

from engine.clock import ManualClock
from engine.dev.acts import CONDITIONS
from engine.dev.site import create
from engine.dev.studio import Studio
from engine.store.states import MESSAGE_STATES
from tests.dev.test_studio import FLOW, PROJECT, START
from tests.server.dashboard.browser import forms_of, words


async def silence(since: str) -> AsyncIterator[ServerSentEvent]:
    yield ServerSentEvent(comment="open")


class Author:
    def __init__(self, root: Path) -> None:
        self.studio = Studio(root, ManualClock(START))
        self.site = create(self.studio, silence)

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = {}) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.site)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8026") as client:
                return await client.request(method, path, content=body, headers=dict(headers))

        return asyncio.run(asked())

    def page(self) -> str:
        return self.ask("GET", "/").text

    def press(self, action: str, headers: Mapping[str, str] = {}, **wanted: str) -> httpx.Response:
        """The first form with these fields."""
        fields = next(each for to, each in forms_of(self.page()) if to == action and wanted.items() <= each.items())
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://127.0.0.1:8026"}
        return self.ask("POST", action, urlencode(fields).encode(), {**kind, **headers})


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    (tmp_path / "flows").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT)
    (tmp_path / "flows/hello.yaml").write_text(FLOW)
    author = Author(tmp_path)
    yield author
    author.studio.close()


def test_a_button_makes_the_event_that_starts_the_flow(author: Author) -> None:
    assert author.press("/do/act", kind="event", name="list.joined").status_code == 303
    assert "Hi Ada, look:" in words(author.page())
    assert "tap shop" in words(author.page())


def test_the_clock_is_moved_and_the_story_rewound(author: Author) -> None:
    author.press("/do/act", kind="event", name="list.joined")
    assert "Thu, May 28, 4:27 PM America/New_York" in words(author.page())
    author.press("/do/clock", name="next")
    assert "Still there?" in words(author.page())
    author.press("/do/rewind")
    assert "Still there?" not in words(author.page())


def test_why_something_cannot_be_is_said_on_the_page(author: Author) -> None:
    answer = author.press("/do/clock", name="next")
    assert "nothing is due" in words(author.ask("GET", answer.headers["Location"]).text)


def test_markup_in_a_text_stays_text(author: Author) -> None:
    author.studio.act(0, "reply", "<script>alert(1)</script>", {})
    assert "<script>alert" not in author.page()
    assert "&lt;script&gt;alert" in author.page()


def test_the_drawing_lights_the_place(author: Author) -> None:
    author.press("/do/act", kind="event", name="list.joined")
    answer = author.ask("GET", "/drawing.svg?phone=0")
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert "1 waiting" in answer.text
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_a_phone_says_until_when_it_is_quiet_there(author: Author) -> None:
    assert "quiet hours here" not in words(author.page())  # 4:27 PM
    for _ in range(5):
        author.press("/do/clock", name="1h")
    assert "quiet hours here until Fri, May 29, 9:00 AM" in words(author.page())
    author.press("/do/clock", name="morning")
    assert "quiet hours here" not in words(author.page())


def test_every_state_has_a_place_on_one_page_that_is_always_the_same(author: Author) -> None:
    page = author.ask("GET", "/states")
    assert page.text == author.ask("GET", "/states").text
    assert {f'aria-label="A text: {state}"' for state in MESSAGE_STATES if state != "skipped"} <= set(
        re.findall(r'aria-label="A text: [^"]+"', page.text)
    )
    assert {"A picture", "opted out", "never asked", *CONDITIONS} <= set(
        re.findall(r'(?:alt|label)="(?:A phone: )?([^"]+)"', page.text)
    )
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert author.ask("GET", "/states", headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("host", ["evil.example", "10.0.0.1:8026", "127.0.0.1.evil.example", ""])
def test_it_answers_to_a_loopback_name_alone(author: Author, host: str) -> None:
    assert author.ask("GET", "/", headers={"Host": host}).status_code == 403
    assert author.press("/do/anew", {"Host": host}).status_code == 403


def test_a_form_of_another_site_does_nothing(author: Author) -> None:
    assert author.press("/do/act", {"Origin": "https://evil.example"}, kind="event").status_code == 403
    body = urlencode({"kind": "reply", "name": "STOP", "phone": "0", "key": "guessed"}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://127.0.0.1:8026"}
    assert author.ask("POST", "/do/act", body, kind).status_code == 403
    assert author.studio.acts == []


@pytest.mark.parametrize(
    "path", ["/m/x", f"/m/{'0' * 64}.jpg", "/drawing.svg?phone=9", "/do/nothing", "/static/0/x.css"]
)
def test_what_is_not_there_is_not_found(author: Author, path: str) -> None:
    assert author.ask("GET", path).status_code in (404, 405)


@pytest.mark.parametrize(
    "wanted",
    [
        {"kind": "", "name": "x"},
        {"kind": "nonsense", "name": "x"},
        {"kind": "phone", "name": "on fire"},
        {"kind": "start", "name": "nope"},
        {"kind": "event", "name": "nope"},
        {"kind": "click", "name": "nope"},
        {"kind": "event", "name": "list.joined", "data": "[" * 15_000},
        {"kind": "event", "name": "list.joined", "data": "{"},
        {"kind": "reply", "name": "x", "phone": "9"},
    ],
)
def test_what_cannot_happen_is_refused_or_said(author: Author, wanted: dict[str, str]) -> None:
    (key,) = {fields["key"] for _, fields in forms_of(author.page())}
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://127.0.0.1:8026"}
    body = urlencode({"phone": "0", **wanted, "key": key}).encode()
    assert author.ask("POST", "/do/act", body, kind).status_code in (303, 422)
    assert "nobody is texted" in words(author.page())


@pytest.mark.parametrize("at", ["0", "999999999999999"])
def test_the_story_is_not_rewound_to_where_it_never_was(author: Author, at: str) -> None:
    (key,) = {fields["key"] for _, fields in forms_of(author.page())}
    kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://127.0.0.1:8026"}
    answer = author.ask("POST", "/do/rewind", urlencode({"name": at, "key": key}).encode(), kind)
    assert "no such moment" in words(author.ask("GET", answer.headers["Location"]).text)


@pytest.mark.parametrize("left", ["nothing", "a folder", "bytes", "half of it"])
def test_whatever_a_save_leaves_is_said_and_the_phones_stay(author: Author, tmp_path: Path, left: str) -> None:
    author.press("/do/act", kind="event", name="list.joined")
    path = tmp_path / "leadoff.yaml"
    whole = path.read_bytes()
    path.unlink()
    if left == "a folder":
        path.mkdir()
    elif left == "bytes":
        path.write_bytes(b"\xff\x00\xfe")
    elif left == "half of it":
        path.write_bytes(whole[: len(whole) // 2] + b"\n  - {")
    author.studio.reload()
    assert "the last good files" in words(author.page())
    assert "Hi Ada, look:" in words(author.page())
    if path.is_dir():
        path.rmdir()
    path.write_bytes(whole)
    author.studio.reload()
    assert "the last good files" not in words(author.page())


def test_a_clock_that_jumps_moves_no_story(author: Author, tmp_path: Path) -> None:
    clock = ManualClock(START)
    studio = Studio(tmp_path, clock)
    studio.act(0, "event", "list.joined", {"list": "vip"})
    before = studio.scene and studio.scene.now, studio.scene and studio.scene.texts()
    for at in (START + 400 * 86_400_000, START - 400 * 86_400_000):
        clock.move_to(at)
        studio.reload()
        assert (studio.scene and studio.scene.now, studio.scene and studio.scene.texts()) == before
