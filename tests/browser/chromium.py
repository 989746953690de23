"""A person's browser, and all that its pages complain about."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, Response, ViewportSize, sync_playwright

PATIENCE_MS = 60_000
CALM: Mapping[str, Any] = {"reduced_motion": "reduce"}  # a colour on its way to another one is none that anybody reads
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadoff" / "axe"
AXE = CACHE / "node_modules/axe-core/axe.min.js"
WIDE, NARROW = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's. Its driver has an event loop in this thread, so it ends before other tests have theirs."""
    found = shutil.which("chromium")
    if found is None:
        assert os.environ.get("LEADOFF_REQUIRE_BROWSER") != "1", "there is no chromium"
        pytest.skip("there is no chromium: `apt install chromium`")
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found)
        yield opened
        opened.close()


class Visitor:
    """`with Visitor(browser, url) as ada:` a person with cookies of their own.

    `complaints`: dialogs, errors and violations of the policy.
    """

    def __init__(self, browser: Browser, url: str, script: bool = True, **more: Any) -> None:
        self.url = url
        self.context = browser.new_context(java_script_enabled=script, base_url=url, viewport=WIDE, **{**CALM, **more})
        self.complaints: list[str] = []
        self.page = self.tab()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.context.close()

    def tab(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("console", self._console)
        return page

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.complaints.append(f"console: {said.text}")

    def sign_in(self, token: str) -> Self:
        self.open("/sign-in")
        self.page.get_by_label("Token").fill(token)
        self.page.get_by_role("button", name="Sign in").click()
        self.sees("What needs you")
        return self

    def open(self, path: str) -> Response:
        answer = self.page.goto(path)
        assert answer is not None
        return answer

    def press(self, name: str) -> None:
        """A button or a link with exactly these words, the first of them."""
        found = self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        )
        found.first.click()

    def sees(self, words: str | re.Pattern[str], inside: str = "body") -> Locator:
        """Waits until it is there."""
        found = self.page.locator(inside).get_by_text(words).first
        found.wait_for(state="attached")
        return found

    def reads(self) -> str:
        """All words of the page, in one line."""
        return " ".join(self.page.locator("body").inner_text().split())


def axe() -> str:
    """Its script; skips where there is none."""
    if not AXE.exists():
        assert os.environ.get("LEADOFF_REQUIRE_NODE") != "1", f"there is no axe-core in {CACHE}"
        pytest.skip(f"there is no axe-core in {CACHE}: `npm ci` in a copy of tests/browser/axe there")
    return AXE.read_text()


def violations(page: Page, script: str) -> list[str]:
    """What axe finds: `rule: element`."""
    page.evaluate(script)
    found: Mapping[str, Any] = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:200]} ({node.get('failureSummary', '').splitlines()[-1].strip()})"
        for each in found["violations"]
        for node in each["nodes"]
    ]
