"""The operator's day, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import Visitor
from tests.browser.shop import Shop, shop
from tests.server.stage import phone, until


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("operator") / "shop") as made:
        yield made


def paused(opened: Shop) -> bool:
    with opened.app.database.reading() as db:
        return bool(db.execute("SELECT COUNT(*) FROM flow WHERE paused_at IS NOT NULL").fetchone()[0])


def test_an_operators_day(browser: Browser, opened: Shop) -> None:
    with Visitor(browser, opened.daemons[0].url) as ada:
        ada.sign_in(opened.token("admin", "ada"))

        message = opened.message_of(opened.ada)
        opened.make_unknown(message)
        ada.sees("1 message unknown", "#needs")  # by itself
        ada.press("Look at it")
        ada.page.locator("tr[data-row] a").first.click()
        ada.page.get_by_label("Reason").fill("not in the provider's log")
        ada.press("It is lost")
        ada.sees("failed", "#about")

        ada.open("/flows/hello")
        ada.press("Pause")
        ada.sees("Paused since")
        opened.enter(phone(3))
        until(lambda: _stopped(opened) == 1, "a run that waits")
        ada.press("Resume …")
        ada.sees("1 run that waited goes on")
        opened.enter(phone(4))
        until(lambda: _stopped(opened) == 2, "another one")
        ada.press("Let 1 run go on")
        ada.sees("More has come since you looked")
        ada.page.get_by_label("Reason").fill("the link works again")
        ada.press("Let 2 runs go on")
        ada.sees("the link works again")
        assert "Paused since" not in ada.reads()
        until(lambda: len(opened.states()) >= 4, "their messages")

        flow = opened.folder / "flows/hello.yaml"
        flow.write_text(flow.read_text().replace("Hello", "Good day"))
        opened.apply()
        ada.press("Roll back …")
        ada.sees("Good day")
        ada.press("Roll back to deployment 1")
        ada.sees("rollback")
        opened.enter(phone(5))
        until(
            lambda: any(
                each.text.startswith("Hello") and each.contact == opened.id_of(phone(5)) for each in opened.messages()
            ),
            "the old words",
        )

        ada.open("/")
        ada.press("Hold all sending")
        ada.sees("All sending is on hold")
        opened.enter(phone(6))
        until(lambda: "held" in opened.states() or "queued" in opened.states(), "a message that waits")
        ada.press("Let it go on")
        ada.press("Let 1 message leave")
        until(lambda: set(opened.states()) <= {"delivered", "failed"}, "all sent")

        ada.open(f"/people/{opened.ada}")
        ada.press("Opt out …")
        ada.page.get_by_label("Reason").fill("she called us")
        ada.press("Opt out")
        ada.sees("unsubscribed")
        ada.sees("she called us")
        assert not ada.complaints


def _stopped(opened: Shop) -> int:
    with opened.app.database.reading() as db:
        return int(db.execute("SELECT COUNT(*) FROM stopped").fetchone()[0])


def test_who_may_only_read_has_no_button(browser: Browser, opened: Shop) -> None:
    with Visitor(browser, opened.daemons[0].url) as reader:
        reader.sign_in(opened.token("read", "reader"))
        for page in ("/", "/flows/hello", f"/people/{opened.ben}", "/deployments"):
            reader.open(page)
            buttons = reader.page.get_by_role("button").all_inner_texts()
            assert not [each for each in buttons if each not in ("Sign out", "Sign out everywhere", "Close")]
            assert not re.search(r"\+1\d{10}", reader.reads())
