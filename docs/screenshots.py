"""docs/dev.jpg and docs/dashboard.jpg, from the example shop in a browser, and storyboards of templates: `python -m docs.screenshots`."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.browser.chromium import Visitor, chromium
from tests.browser.test_author import clock, dev
from tests.fork_server import leadoff
from tests.server.stage import TOKENS, Daemon, free_port

DOCS = Path(__file__).parent
WIDE = {"width": 1100, "height": 900}
STORYBOARDS = (
    "abandoned-cart",
    "back-in-stock",
    "shipping-updates",
    "post-purchase-by-item",
    "win-back",
    "consent-write-back",
)
START = "2027-04-01 10:00"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        shop = Path(folder) / "shop"
        shutil.copytree(DOCS.parent / "examples/shop", shop, ignore=shutil.ignore_patterns(".leadoff"))
        environ = {"PATH": os.environ["PATH"], **TOKENS, **clock()}
        with dev(shop) as url, Visitor(browser, url) as author:
            author.page.set_viewport_size(WIDE)
            author.open("/")
            author.press("list.joined")
            author.press("Next")
            author.sees("tests pass")
            author.page.screenshot(path=DOCS / "dev.jpg", quality=70)
        for words in (["apply", "--yes"], ["contacts", "import", "contacts.csv"], ["events", "import", "events.json"]):
            subprocess.run(
                [*leadoff(), *words], cwd=shop, env=environ, check=False, stdout=subprocess.DEVNULL
            )  # some of the rows are wrong on purpose
        made = [*leadoff(), "token", "create", "ada", "--scope", "operator"]
        token = subprocess.run(made, cwd=shop, env=environ, check=True, capture_output=True, text=True).stdout.split()[
            -1
        ]
        daemon = Daemon(leadoff(), shop, free_port(), more=clock()).ready()
        with Visitor(browser, daemon.url) as operator:
            operator.page.set_viewport_size(WIDE)
            operator.sign_in(token)
            operator.open("/flows/spring-drop")
            operator.sees("waiting", "#steps")
            operator.page.locator("#drawing img").evaluate("image => image.decode()")
            operator.page.screenshot(path=DOCS / "dashboard.jpg", quality=70)
        daemon.terminate()


def storyboards() -> None:
    """docs/cookbook/NAME.jpg: a story for each branch."""
    (DOCS / "cookbook").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 600})
        for name in STORYBOARDS:
            shop, shown = Path(folder) / name, Path(folder) / f"{name}.html"
            subprocess.run([*leadoff(), "init", str(shop), "--template", name], check=True, stdout=subprocess.DEVNULL)
            play = [*leadoff(), "simulate", name, "--every-way", "--start", START, "--format", "html", "-o", str(shown)]
            subprocess.run(play, cwd=shop, check=True, stdout=subprocess.DEVNULL)
            page.goto(shown.as_uri())
            page.screenshot(path=DOCS / f"cookbook/{name}.jpg", full_page=True, quality=55)


if __name__ == "__main__":
    main()
    storyboards()
