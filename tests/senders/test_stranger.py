"""A sender of a newcomer: one file, copied from docs/writing-a-sender.md, in the tree or in a package of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.messaging import providers
from engine.senders import factory
from engine.senders.sender import CallbackRequest
from engine.simulator import Simulator
from tests.docs.pages import Fenced, fenced
from tests.senders.conftest import at_simulator, outgoing
from tests.simulator.app import App as Site
from tests.world import ADA, PROJECT, World

ROOT = Path(__file__).resolve().parents[2]
PAGE = fenced(ROOT / "docs/writing-a-sender.md")
FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - {id: hi, sms: Hello!}
"""
NAME = "leadoff-small"


def blocks(kind: str) -> list[Fenced]:
    return [block for block in PAGE if block.kind == kind]


def project(url: str) -> str:
    """The page's sender, at a server on loopback."""
    (senders,) = blocks("text")
    before, after = PROJECT.split("senders:\n", 1)
    rest = after.split("\n", 1)[1]
    return f"{before}{senders.text}    base_url: {url}\n{rest}"


# --- a file of the tree ----------------------------------------------------------------------------------------------


def test_a_file_in_the_tree_passes_its_own_tests_and_is_known_to_the_commands(tmp_path: Path) -> None:
    for folder in ("engine", "blocks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)  # with what Python has compiled
    sender, tests = blocks("python")
    (tmp_path / "engine/senders/providers/small.py").write_text(sender.text)
    (tmp_path / "test_small.py").write_text(tests.text)
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    shop = tmp_path / "shop"
    (shop / "flows").mkdir(parents=True)
    (shop / "leadoff.yaml").write_text(project("http://127.0.0.1:9"))
    (shop / "flows/hello.yaml").write_text(FLOW)
    environ = os.environ | {"PYTHONPATH": str(tmp_path), "LEADOFF_SENDER_MAIN_TOKEN": "token", "NO_COLOR": "1"}

    def run(*words: str) -> str:
        command = [sys.executable, "-m", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    files = ("engine/senders/providers/small.py", "test_small.py")
    run("ruff", "check", "--config", str(ROOT / "pyproject.toml"), *files)
    run("ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), *files)
    assert "8 passed" in run("pytest", "-q", "-p", "no:cacheprovider", "test_small.py")
    run("engine.cli", "check", "--project", str(shop))
    assert '"small"' in run("engine.cli", "schema", "project", "--project", str(shop))


# --- a package of its own --------------------------------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The page's file as an installed package, with the page's entry point."""
    (entry,) = blocks("ini")
    site = tmp_path / "site"
    info = site / f"{NAME.replace('-', '_')}-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {NAME}\nVersion: 1\n")
    line = entry.text.splitlines()[1].replace('"', "")
    (info / "entry_points.txt").write_text(f"[leadoff.senders]\n{line}\n")
    (site / "small.py").write_text(blocks("python")[0].text)
    monkeypatch.syspath_prepend(str(site))
    factory.load.cache_clear()
    yield site
    sys.modules.pop("small", None)
    factory.load.cache_clear()


@pytest.mark.usefixtures("installed")
def test_a_package_brings_a_provider_that_sends_and_hears(tmp_path: Path) -> None:
    assert providers.names()[-1] == "small"
    with (
        Simulator(accounts={"demo": "token"}) as simulator,
        World(tmp_path, FLOW, project=project(simulator.url), environ={"LEADOFF_SENDER_MAIN_TOKEN": "token"}) as world,
    ):
        world.event("list.joined", ADA, {"list": "vip"})
        world.tick()
        world.send()
        (entry,) = simulator.ledger.messages()
        assert (entry.to, entry.text) == (ADA, "Hello!")
        assert [row.status for row in world.messages()] == ["accepted"]


@pytest.mark.usefixtures("installed")
def test_its_callbacks_are_believed_when_they_are_signed() -> None:
    site = Site()
    with Simulator(accounts={"demo": "token"}) as simulator:
        sender = factory.make("small", at_simulator(simulator.url, callback_url=site.url))
        receipt = sender.send(outgoing())
        assert simulator.settle()
        reports = [
            report
            for post in site.posts
            for report in sender.parse_status(
                CallbackRequest(post.headers, post.body), int(post.headers["X-Simulator-Timestamp"])
            )
        ]
        sender.close()
    site.close()
    assert [(report.provider_id, report.status) for report in reports] == [
        (receipt.provider_id, "sent"),
        (receipt.provider_id, "delivered"),
    ]


def test_a_package_cannot_replace_a_provider_of_leadoffs_own(installed: Path) -> None:
    (entries,) = installed.glob("*.dist-info/entry_points.txt")
    entries.write_text("[leadoff.senders]\ntwilio = small:SmallSender\n")
    assert factory.load("twilio").__module__ == "engine.senders.providers.twilio"
    assert providers.names() == providers.built_in()


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise RuntimeError('broken')", "broken"),
        ("class SmallSender: ...", "no subclass of ProviderSender"),
        (
            "from engine.senders.provider_sender import ProviderSender\n"
            "class SmallSender(ProviderSender):\n    sends_with = ('SECRET',)\n",
            "SECRET",
        ),
        (
            "from engine.senders.provider_sender import ProviderSender\n"
            "class SmallSender(ProviderSender):\n    rates = {'toll_free': 1.0}\n",
            "rates",
        ),
        ("from engine.senders.error_map import ErrorCodes\nErrorCodes({'opted-out': {}})\n", "opted-out is none of"),
    ],
)
def test_a_package_that_cannot_be_used_is_named(installed: Path, code: str, why: str) -> None:
    (installed / "small.py").write_text(code)
    with pytest.raises(UsageError, match=why) as caught:
        factory.load("small")
    assert NAME in caught.value.message
    assert caught.value.help == f"repair the package, or take it away: pip uninstall {NAME}"
