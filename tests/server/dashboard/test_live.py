"""What is new reaches open pages, and streams cost nothing when nobody looks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from fastapi.sse import ServerSentEvent

from engine.server.dashboard import live
from engine.server.dashboard.live import Live
from engine.store import notices, sessions, tokens
from tests.server.dashboard.browser import Browser, words
from tests.server.web.desk import Desk
from tests.world import ADA


def test_an_event_is_told_to_every_open_page(desk: Desk) -> None:
    stops, session = asyncio.Event(), session_of(Browser(desk))

    async def told() -> list[str]:
        hub = Live(desk.world.app.database, desk.world.clock.now, stops.is_set)
        pages = [hub.stream(session), hub.stream(session)]
        for page in pages:
            assert (await anext(page)).comment == "open"
        found = [asyncio.create_task(topics_of(page)) for page in pages]
        while not hub._seen:
            await asyncio.to_thread(lambda: None)
        await asyncio.to_thread(desk.world.event, "list.joined", ADA)
        topics = [await each for each in found]
        stops.set()
        return [topic for each in topics for topic in each]

    assert asyncio.run(told()).count("inbox") == 2


def test_a_stream_that_is_never_read_keeps_nobody_waiting_and_no_news(desk: Desk) -> None:
    stops, session = asyncio.Event(), session_of(Browser(desk))

    async def told() -> None:
        hub = Live(desk.world.app.database, desk.world.clock.now, stops.is_set)
        deaf, page = hub.stream(session), hub.stream(session)
        await anext(deaf)
        await anext(deaf)  # the first news; from here on its reader stands still
        assert len(await batch_of(page)) == len(hub._seen)
        for number in range(3):
            await asyncio.to_thread(desk.world.event, "list.joined", ADA, id=f"event-{number}")
            assert "inbox" in await batch_of(page)
        stops.set()
        kept = [event.data["topic"] async for event in deaf if event.data is not None]
        assert len(kept) < len(hub._seen)  # the rest of the first news, and nothing of what came since

    asyncio.run(told())


def test_where_many_look_each_is_told_less_often_but_at_once_of_what_asks_for_somebody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "A_VIEWER_SECONDS", 1_000)
    monkeypatch.setattr(live, "LOOK_SECONDS", 0.01)
    stops, session, world = asyncio.Event(), session_of(Browser(desk)), desk.world

    async def told() -> list[str]:
        hub = Live(world.app.database, world.clock.now, stops.is_set)
        page = hub.stream(session)
        await batch_of(page)
        before = hub._seen
        following = asyncio.create_task(batch_of(page))
        await asyncio.to_thread(world.event, "list.joined", ADA)
        while hub._seen == before:
            await asyncio.to_thread(lambda: None)
        note = partial(notices.add, kind="budget", subject="x", contact=None, at=world.clock.now(), note="used up")
        await asyncio.to_thread(world.app.database.write, note)
        found = await following
        stops.set()
        return found

    assert {"inbox", "needs"} <= set(asyncio.run(told())), "they come together"


async def batch_of(stream: AsyncIterator[ServerSentEvent]) -> list[str]:
    """The topics that are told at one time."""
    found: list[str] = []
    async for event in stream:
        if event.id is not None:
            return found
        if event.data is not None:
            found.append(event.data["topic"])
    raise AssertionError("the stream has ended")


async def topics_of(stream: AsyncIterator[ServerSentEvent]) -> list[str]:
    """Those up to the inbox's."""
    found: list[str] = []
    seen_first = False
    async for event in stream:
        if event.data is None:
            continue
        topic = event.data["topic"]
        found.append(topic)
        if topic == "inbox" and seen_first:
            return [topic]
        seen_first = seen_first or topic == "inbox"
    return found


def session_of(browser: Browser) -> str:
    (secret,) = browser.cookies.values()
    return sessions.hash_of(secret)


@pytest.mark.parametrize("ended", ["signed out", "revoked"])
def test_a_stream_ends_with_its_session(desk: Desk, ended: str) -> None:
    browser, database = Browser(desk), desk.world.app.database
    (secret,) = browser.cookies.values()

    async def told() -> None:
        hub = Live(database, desk.world.clock.now, lambda: False)
        stream = hub.stream(sessions.hash_of(secret))
        await anext(stream)
        if ended == "revoked":
            database.write(lambda db: tokens.revoke(db, "operator", 1))
        else:
            database.write(lambda db: sessions.end(db, secret))
        assert [event async for event in stream] == []

    asyncio.run(told())


def test_a_page_hears_what_happened_between_two_streams_and_nothing_twice(desk: Desk) -> None:
    session = session_of(Browser(desk))

    async def heard(since: str) -> tuple[set[str], str]:
        """The topics, and where the next stream goes on."""
        topics = set[str]()
        async for event in Live(desk.world.app.database, desk.world.clock.now, lambda: False).stream(session, since):
            if event.id is not None:
                return topics, event.id
            if event.data is not None:
                topics.add(event.data["topic"])
        raise AssertionError

    _, since = asyncio.run(heard(""))
    desk.world.event("list.joined", ADA)
    assert asyncio.run(heard(since))[0] == {"inbox"}
    assert len(asyncio.run(heard("what another version wrote"))[0]) > 1


def test_a_stream_ends_when_the_daemon_does(desk: Desk) -> None:
    async def events() -> int:
        hub = Live(desk.world.app.database, desk.world.clock.now, lambda: True)
        return len([event async for event in hub.stream("")])

    assert asyncio.run(events()) == 1


def test_only_who_is_signed_in_hears_anything(desk: Desk) -> None:
    assert Browser(desk, None).get("/live", {"X-Part": "1"}).status_code == 401


def test_more_pages_than_there_is_room_for_are_told_to_wait(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "MOST_STREAMS", 0)
    answer = Browser(desk).get("/live")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_one_session_does_not_take_the_room_of_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def opened() -> None:
        hub = Live(desk.world.app.database, desk.world.clock.now, lambda: False)
        streams = [hub.stream("one") for _ in range(live.MOST_OF_ONE)]
        for stream in streams:
            assert not hub.has_all_of("one")
            await anext(stream)
        assert hub.has_all_of("one")
        assert not hub.has_all_of("another")
        for stream in streams:
            await stream.aclose()  # type: ignore[attr-defined]
        assert not hub.has_all_of("one")

    asyncio.run(opened())
    monkeypatch.setattr(live, "MOST_OF_ONE", 0)
    answer = Browser(desk).get("/live")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "too many pages" in words(answer.text)
