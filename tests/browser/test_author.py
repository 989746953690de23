"""The author's first hour: a project is made, its flow comes alive on a phone, breaks, is mended, and becomes a test."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import NARROW, WIDE, Visitor, axe, violations
from tests.fork_server import leadoff

MORNING = datetime(2027, 4, 1, 14, tzinfo=UTC)  # 10:00 in New York


def clock() -> dict[str, str]:
    """On which it is that morning now."""
    now = datetime.now(UTC)
    return {"LEADOFF_CLOCK_ORIGIN": now.isoformat(), "LEADOFF_CLOCK_OFFSET": str((MORNING - now).total_seconds())}


@contextmanager
def dev(project: Path) -> Iterator[str]:
    """`leadoff dev` on this project; its address."""
    environ = {"PATH": os.environ["PATH"], "PYTHONWARNINGS": "error", **clock()}
    words = [*leadoff(), "dev", str(project), "--port", "0"]
    with subprocess.Popen(words, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"http://\S+", line):
                break
        else:
            raise AssertionError(said)
        try:
            yield found[0]
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    made = subprocess.run(
        [*leadoff(), "init", "shop"], check=False, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True
    )
    assert made.returncode == 0, made.stderr
    return tmp_path / "shop"


def test_the_first_hour(browser: Browser, project: Path) -> None:
    flow = project / "flows/mms-first.yaml"
    good = flow.read_text()
    with dev(project) as url, Visitor(browser, url) as author:
        author.open("/")
        author.sees("nobody is texted")

        author.press("list.joined")
        author.sees("something new is here", ".phone")
        picture = author.page.locator(".phone .bubble img").first
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 100

        author.press("STOP")
        author.sees("STOP", ".bubble.out")
        author.press("+1 w")
        assert "Still thinking" not in author.reads()

        flow.write_text(good.replace("delay: 2d", "delay: two days"))  # by itself: no key is touched on the page
        author.sees("the phones show the last good files")
        assert re.search(r"mms-first.yaml:\d+:\d+", author.page.locator("pre.caret").inner_text())
        assert "^" in author.page.locator("pre.caret").inner_text()
        author.sees("something new is here", ".phone")

        flow.write_text(good.replace("something new is here", "spring is here"))
        author.sees("1 text differs")
        author.sees("spring is here", ".bubble.changed")

        author.page.get_by_text("An event with other data").click()
        author.press("Save as a test of mms-first")
        author.sees("saved in flows/mms-first.test.yaml")
        author.sees(re.compile(r"\d+ tests pass"))
        assert not author.complaints
    assert "saved by leadoff dev" in (project / "flows/mms-first.test.yaml").read_text()
    tested = subprocess.run(
        [*leadoff(), "test"], check=False, cwd=project, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True
    )
    assert tested.returncode == 0, tested.stdout


def test_dev_works_without_script(browser: Browser, project: Path) -> None:
    with dev(project) as url, Visitor(browser, url, script=False) as author:
        author.open("/")
        author.press("list.joined")
        author.press("Next")
        author.sees("Still thinking")
        author.press("Rewind to here")
        assert "Still thinking" not in author.reads()


def test_two_of_them_on_one_project(browser: Browser, project: Path) -> None:
    flow = project / "flows/mms-first.yaml"
    with dev(project) as one, dev(project) as two, Visitor(browser, one) as ada, Visitor(browser, two) as ben:
        for author in (ada, ben):
            author.open("/")
            author.press("list.joined")
        ada.press("STOP")
        flow.write_text(flow.read_text().replace("something new is here", "spring is here"))
        for author in (ada, ben):
            author.sees("spring is here", ".phone")
        assert ada.page.locator(".bubble.out").count() == 1
        assert ben.page.locator(".bubble.out").count() == 0


def test_every_state_looks_well_to_everybody(browser: Browser, project: Path) -> None:
    found, script = list[str](), axe()
    with dev(project) as url, Visitor(browser, url) as visitor:
        visitor.open("/states")
        for look in ("light", "dark"):
            visitor.page.emulate_media(color_scheme=look)
            for size in (WIDE, NARROW):
                visitor.page.set_viewport_size(size)
                found += violations(visitor.page, script)
                assert not visitor.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert found == []
