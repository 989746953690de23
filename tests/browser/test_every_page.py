"""What holds for every page: nothing stored ever runs, axe finds nothing, it works without script, and how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import NARROW, WIDE, Visitor, axe, violations
from tests.browser.shop import MARKUP, Shop, shop

PAGES = (
    "/", "/inbox", "/inbox/{ben}",
    "/flows", "/flows/hello", "/flows/hello?list=1", "/flows/hello/resume", "/flows/hello/rollback", "/messages",
    "/messages?status=unknown", "/messages/{message}", "/people", "/people?find=Lovelace", "/people/{ada}", "/people/{ben}",
    "/people/{ben}/stop", "/people/{ben}/forget", "/release", "/deployments", "/pictures", "/system", "/people/999999",
)  # fmt: skip
ALL = (*PAGES, "/sign-in")


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("every-page") / "shop") as made:
        flow = made.folder / "flows/hello.yaml"
        flow.write_text(flow.read_text().replace("One more thing.", "Two more things."))
        made.apply()
        made.make_unknown(made.message_of(made.ben))
        yield made


@pytest.fixture(scope="module")
def admin(opened: Shop) -> str:
    return opened.token("admin", f"admin{MARKUP}")


def address(page: str, opened: Shop) -> str:
    return page.format(ada=opened.ada, ben=opened.ben, message=opened.message_of(opened.ben))


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots", numbered=False)


def test_every_page_looks_well_to_everybody_and_runs_nothing_that_is_stored(
    browser: Browser, opened: Shop, admin: str, screenshots: Path
) -> None:
    script, found = axe(), dict[str, list[str]]()
    with Visitor(browser, opened.daemons[0].url) as visitor:
        visitor.sign_in(admin)
        for page in ALL:
            visitor.complaints.clear()
            answer = visitor.open(address(page, opened))
            assert "unsafe" not in answer.headers["content-security-policy"]
            name = re.sub(r"\W+", "-", page).strip("-") or "today"
            for look in ("light", "dark"):
                visitor.page.emulate_media(color_scheme=look)
                for width, size in (("wide", WIDE), ("narrow", NARROW)):
                    visitor.page.set_viewport_size(size)
                    visitor.page.screenshot(path=screenshots / f"{name}-{look}-{width}.png", full_page=True)
                    if visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                        found.setdefault(page, []).append(f"wider than its {width} window")
                found.setdefault(page, []).extend(violations(visitor.page, script))
            found[page] += [each for each in visitor.complaints if "status of 40" not in each]
    assert {page: each for page, each in found.items() if each} == {}


def test_every_page_does_its_job_without_script(browser: Browser, opened: Shop, admin: str) -> None:
    with Visitor(browser, opened.daemons[0].url, script=False) as visitor:
        visitor.sign_in(admin)
        for page in PAGES:
            visitor.open(address(page, opened))
            assert visitor.page.locator("h1").count() == 1, page
        visitor.open("/")
        visitor.press("Hold all sending")
        visitor.sees("All sending is on hold")
        visitor.press("Let it go on")
        visitor.page.get_by_role("button", name=re.compile("^Let .* leave$")).click()
        assert "on hold" not in visitor.reads()
        visitor.page.get_by_label("Find a person").fill("Lovelace")
        visitor.page.keyboard.press("Enter")
        visitor.sees("1 fit")
        visitor.page.locator("details.who summary").click()
        visitor.press("Sign out")
        visitor.sees("Token")


def test_by_keyboard_alone(browser: Browser, opened: Shop) -> None:
    with Visitor(browser, opened.daemons[0].url) as visitor:
        visitor.sign_in(opened.token("operator", "keys"))
        page, keys = visitor.page, visitor.page.keyboard
        keys.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the content"
        keys.press("Enter")
        assert page.evaluate("location.hash") == "#main"
        for key, path in {"f": "/flows", "p": "/people", "d": "/deployments", "t": "/", "m": "/messages"}.items():
            keys.press("g")
            keys.press(key)
            page.wait_for_url(f"**{path}")
        keys.press("j")
        first = page.evaluate("document.activeElement.href")
        keys.press("j")
        assert page.evaluate("document.activeElement.href") != first
        keys.press("k")
        keys.press("Enter")
        page.wait_for_url(first)
        keys.press("?")
        assert page.locator("dialog#keys").is_visible()
        keys.press("Escape")
        assert not page.locator("dialog#keys").is_visible()
        keys.press("/")
        keys.type("gf?")
        assert page.locator("#find").input_value() == "gf?"
        keys.press("Escape")
        keys.press("g")
        keys.press("s")
        page.wait_for_url("**/system")
        assert not visitor.complaints


def test_focus_goes_through_a_page_in_the_order_in_which_it_is_read(browser: Browser, opened: Shop) -> None:
    with Visitor(browser, opened.daemons[0].url) as visitor:
        visitor.sign_in(opened.token("operator", "order"))
        visitor.open("/people")
        seen = list[int]()
        while len(seen) < 2 or seen[-1] > seen[-2]:
            visitor.page.keyboard.press("Tab")
            seen.append(visitor.page.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
        focusable = "main a, main button, main input, header a, header button, header input, header summary"
        shown = visitor.page.locator(focusable).filter(visible=True).count()
        assert len(seen) - 1 >= shown > 10  # the last one is the first one again
