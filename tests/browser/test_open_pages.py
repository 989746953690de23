"""Pages that stay open while something happens behind them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from engine.store import forgetting, tokens
from tests.browser.chromium import Visitor
from tests.browser.shop import Shop, shop
from tests.server.stage import phone


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("open-pages") / "shop") as made:
        yield made


def test_what_happens_comes_by_itself_also_what_happened_while_the_daemon_restarted(
    browser: Browser, opened: Shop
) -> None:
    with Visitor(browser, opened.daemons[-1].url) as visitor:
        visitor.sign_in(opened.token("operator", "restart"))
        visitor.open(f"/people/{opened.ada}")
        opened.text(phone(1), "the first question")
        visitor.sees("the first question", "#phone")
        assert opened.daemons[-1].terminate() == 0
        opened.text(phone(1), "the second question")
        opened.daemon().ready()
        visitor.sees("the second question", "#phone")


def test_what_somebody_is_typing_stays_when_more_comes(browser: Browser, opened: Shop) -> None:
    with Visitor(browser, opened.daemons[-1].url) as visitor:
        visitor.sign_in(opened.token("operator", "typing"))
        opened.text(phone(1), "please stop texting me")
        visitor.open(f"/inbox/{opened.ada}")
        visitor.page.locator("#reason").fill("half a reason")
        visitor.page.evaluate("document.activeElement.blur()")
        opened.text(phone(1), "and send it back?")
        visitor.sees("and send it back?", "#phone")
        assert visitor.page.locator("#reason").input_value() == "half a reason"


def test_an_apply_changes_an_open_flow(browser: Browser, opened: Shop) -> None:
    with Visitor(browser, opened.daemons[-1].url) as visitor:
        visitor.sign_in(opened.token("operator", "apply"))
        visitor.open("/flows/hello?list=1")
        flow = opened.folder / "flows/hello.yaml"
        flow.write_text(flow.read_text().replace("One more thing.", "Two more things."))
        opened.apply()
        visitor.sees("Two more things.", "#steps")


def test_who_is_forgotten_is_gone_from_an_open_page(browser: Browser, opened: Shop) -> None:
    with Visitor(browser, opened.daemons[-1].url) as visitor:
        visitor.sign_in(opened.token("operator", "forget"))
        visitor.open(f"/people/{opened.ben}")
        visitor.sees("and now?")
        forgetting.forget(opened.app.database, phone(2), opened.app.clock.now())
        visitor.sees("there is no such contact")
        assert "and now?" not in visitor.reads()


def test_a_revoked_token_ends_an_open_page(browser: Browser, opened: Shop) -> None:
    with Visitor(browser, opened.daemons[-1].url) as visitor:
        visitor.sign_in(opened.token("operator", "revoked"))
        opened.app.database.write(lambda db: tokens.revoke(db, "revoked", opened.app.clock.now()))
        visitor.page.wait_for_url("**/sign-in**")


def test_a_daemon_with_twenty_open_pages_ends_at_once_and_in_order(browser: Browser, opened: Shop) -> None:
    daemon = opened.daemon() if opened.daemons[-1].process.poll() is not None else opened.daemons[-1]
    token = opened.token("operator", "twenty")
    people = [Visitor(browser, daemon.url) for _ in range(4)]  # a browser opens six connections to a site
    for visitor in people:
        visitor.sign_in(token)
        tabs = [visitor.page, *(visitor.tab() for _ in range(4))]
        for tab in tabs:
            with tab.expect_request("**/live**"):
                tab.goto("/")
    assert daemon.terminate() == 0
    assert not [line for line in daemon.said if "Traceback" in line or "ERROR" in line]
    for visitor in people:
        visitor.context.close()
