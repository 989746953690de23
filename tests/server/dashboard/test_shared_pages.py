"""What many look at is made once, and each of them gets a page of their own."""

from __future__ import annotations

import asyncio

import pytest
from fastapi import Request, Response

from engine.server.dashboard.shared_pages import SharedPages
from engine.server.dashboard.visitor import Visitor
from engine.store import notices
from engine.store.tokens import Granted
from tests.server.dashboard.browser import Browser, forms_of
from tests.server.web.desk import Desk

PART = {"X-Part": "1"}


class Maker:
    """Makes pages; `made` tells for whom."""

    def __init__(self) -> None:
        self.shared, self.made = SharedPages(), list[Visitor]()
        self.fails = False

    async def page(self, path: str, by: Visitor) -> str:
        request = Request({"type": "http", "path": path, "query_string": b"", "state": {}})
        answer = await self.shared.answer(request, by, self._make)
        assert answer.headers["X-Of"] == "us" and answer.headers["Content-Length"] == str(len(answer.body))
        return bytes(answer.body).decode()

    async def _make(self, request: Request) -> Response:
        by: Visitor = request.state.visitor
        self.made.append(by)
        await asyncio.to_thread(lambda: None)
        if self.fails:
            raise LookupError(request.scope["path"])
        return Response(f"{request.scope['path']} {by.name}{by.key}", headers={"X-Of": "us"})


def visitor(name: str, scope: str = "operator") -> Visitor:
    return Visitor(Granted(1, name, scope), f"key of {name}", f"session of {name}")


def test_a_page_is_made_once_for_all_who_ask_at_the_moment() -> None:
    maker = Maker()

    async def asked() -> list[str]:
        who = [("/", "Eva"), ("/", "Tom"), ("/flows", "Eva")]
        return await asyncio.gather(*(maker.page(path, visitor(name)) for path, name in who))

    assert asyncio.run(asked()) == ["/ key of Eva", "/ key of Tom", "/flows key of Eva"]
    assert len(maker.made) == 2
    assert all(by.name == "" and by.session == "" and "key of" not in by.key for by in maker.made)


def test_who_may_do_other_things_gets_another_page_and_news_make_it_anew() -> None:
    maker = Maker()

    async def asked() -> None:
        await maker.page("/", visitor("Eva"))
        await maker.page("/", visitor("Ann", "read"))
        assert [by.token.scope for by in maker.made] == ["operator", "read"]
        maker.shared.forget()
        await maker.page("/", visitor("Tom"))
        assert len(maker.made) == 3

    asyncio.run(asked())


def test_what_fails_fails_for_all_of_them_and_is_tried_again_after_the_next_look() -> None:
    maker = Maker()

    async def asked() -> None:
        maker.fails = True
        found = await asyncio.gather(*(maker.page("/", visitor(name)) for name in "ab"), return_exceptions=True)
        assert [type(each) for each in found] == [LookupError, LookupError] and len(maker.made) == 1
        maker.fails = False
        maker.shared.forget()
        assert await maker.page("/", visitor("a")) == "/ key of a"

    asyncio.run(asked())


def test_the_forms_of_a_shared_page_are_those_of_who_asks(desk: Desk) -> None:
    database, now = desk.world.app.database, desk.world.clock.now()
    database.write(lambda db: notices.add(db, kind="budget", subject="x", contact=None, at=now, note="used up"))
    eva, tom, ann = Browser(desk, name="Eva"), Browser(desk, name="Tom"), Browser(desk, "read", name="Ann")
    pages = [each.get("/", PART).text for each in (eva, tom, ann)]
    for page, own in zip(pages, (eva.page("/"), tom.page("/"), ann.page("/")), strict=True):
        assert forms_of(page) == forms_of(own)
    assert "Eva" not in pages[0] + pages[1]
    assert eva.press(pages[0], forms_of(pages[0])[0][0]).status_code == 303
    assert Browser(desk, None).get("/", PART).status_code == 401


@pytest.mark.parametrize("path", ["/nowhere", "/flows/none", "/messages/1"])
def test_what_is_not_there_is_not_there_for_anybody(desk: Desk, path: str) -> None:
    assert [Browser(desk, name=name).get(path, PART).status_code for name in ("Eva", "Tom")] == [404, 404]
