"""docs/dev.jpg and docs/dashboard.jpg, from the example shop in a browser: `python -m docs.screenshots`."""

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


if __name__ == "__main__":
    main()
