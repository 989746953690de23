"""A package with a block and a rule, made for this test: every command treats both as it treats the built-in ones."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.registry import foreign_rules, registry
from tests.cli.conftest import Terminal
from tests.server.stage import ROOT, TOKENS, Daemon, free_port, until

PACKAGE = '''\
"""Raffle: every so many-th contact wins.

SHOP101: a winner gets a text.

Somebody who wins and hears nothing of it has won nothing.
"""

from engine.block_api import Block, Branch, Context, Outcome, Step, Steps, parse_whole
from engine.language.rule_api import walk
from pydantic import BeforeValidator, Field
from typing import Annotated


class Raffle(Block):
    """`raffle: NUMBER` with `win` and `else`."""

    verb = "raffle"
    shorthand = "one_in"
    sibling_keys = ("win", "else")
    needs_branch = True

    one_in: Annotated[int, BeforeValidator(parse_whole)]
    """Of so many contacts one wins."""
    win: Steps = ()
    """What a winner goes through."""
    otherwise: Steps = Field(default=(), alias="else")
    """What all others go through."""

    def decide(self, ctx: Context) -> Outcome:
        return Branch("win" if ctx.run.contact % self.one_in == 0 else "else")

    def branches(self) -> dict[str, tuple[Step, ...]]:
        return {"win": self.win, "else": self.otherwise}

    def describe(self) -> str:
        return f"raffle: one in {self.one_in} wins"


def winners(world):
    for draft in world.drafts:
        for step in draft.steps():
            won = step.block.branches().get("win")
            if won is not None and not any(each.block.sends for each in walk(won)):
                yield draft.finding("SHOP101", "a winner gets no text", (*step.path, "win"), "send one", at="key", severity="warning")
'''
ENTRIES = "[leadoff.blocks]\nraffle = leadoff_raffle:Raffle\n[leadoff.rules]\nwinners = leadoff_raffle:winners\n"
PROJECT = """\
project: shop
brand: Acme
timezone: America/New_York
senders: {main: {provider: simulator, number: "+18445550100", countries: [US, CA]}}
countries: [US, CA]
"""
HEAD = "flow: draw\nlanguage: 1\ncategory: transactional\ntrigger: manual\n\nsteps:\n"
FLOW = f"""\
{HEAD}  - raffle: 1
    win:
      - id: hurray
        sms: "Acme: you have won a coat."
      - id: think
        delay: 1d
    else:
      - exit: lost
  - id: later
    sms: "Acme: this was our raffle."
"""
SILENT = f"{HEAD}  - raffle: 1\n    win:\n      - exit: won\n"
ADA = "+12025550143"


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package as pip lays it out, on the path of this process."""
    folder = tmp_path_factory.mktemp("site")
    info = folder / "leadoff_raffle-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leadoff-raffle\nVersion: 1\n")
    (info / "entry_points.txt").write_text(ENTRIES)
    (folder / "leadoff_raffle.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(folder))
    for found in (registry, foreign_rules):
        found.cache_clear()
    yield folder
    sys.modules.pop("leadoff_raffle", None)
    for found in (registry, foreign_rules):
        found.cache_clear()


@pytest.fixture
def terminal(
    site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """In the folder of a project whose flow has the block."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "flows").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT)
    (tmp_path / "flows/draw.yaml").write_text(FLOW)
    return Terminal(tmp_path, capsys)


def changed(terminal: Terminal, flow: str) -> None:
    (terminal.folder / "flows/draw.yaml").write_text(flow)


def codes(terminal: Terminal) -> list[str]:
    found = terminal("check", "--format", "json").json["findings"]
    return [f"{each['code']} {each['path']}" for each in found]


def test_check_walks_its_branches_and_runs_its_rule(terminal: Terminal) -> None:
    assert codes(terminal) == []
    changed(terminal, SILENT)
    assert codes(terminal) == ["SHOP101 steps[0].win"]
    changed(terminal, f"{HEAD}  - raffle: 1\n")
    assert codes(terminal) == ["LO502 steps[0].raffle", "SHOP101 steps[0].win"]
    changed(terminal, FLOW.replace("id: think\n        delay: 1d", "exit: won"))
    assert codes(terminal) == ["LO501 steps[1]"]
    changed(terminal, FLOW.replace("id: think\n        delay: 1d", "update: {add_tags: [winner]}"))
    assert codes(terminal) == ["LO504 steps[1]"]


def test_its_finding_is_ignored_explained_and_reported_like_others(terminal: Terminal) -> None:
    changed(terminal, SILENT.replace("win:", "win:  # leadoff: ignore[SHOP101] they are called"))
    assert codes(terminal) == []
    changed(terminal, FLOW.replace("win:", "win:  # leadoff: ignore[SHOP101] they are called"))
    assert codes(terminal) == ["LO705 "]
    said = terminal.well("rule", "shop101").out
    assert said == "SHOP101: a winner gets a text.\n\nSomebody who wins and hears nothing of it has won nothing.\n"
    changed(terminal, SILENT)
    (run,) = json.loads(terminal("check", "--format", "sarif").out)["runs"]
    assert [each["ruleId"] for each in run["results"]] == ["SHOP101"]


def test_fmt_lays_its_keys_out_in_the_order_of_the_schema(terminal: Terminal) -> None:
    step = json.loads(terminal.well("schema", "flow").out)["$defs"]["step-raffle"]["properties"]
    assert list(step) == ["id", "raffle", "win", "else"]
    assert step["win"]["description"] == "What a winner goes through."
    tidy = (terminal.folder / "flows/draw.yaml").read_text()
    changed(
        terminal,
        FLOW.replace("  - raffle: 1\n    win:", "  - win:").replace("  - id: later", "    raffle: 1\n  - id: later"),
    )
    terminal.well("fmt")
    assert (terminal.folder / "flows/draw.yaml").read_text() == tidy


def test_apply_run_and_explain_take_it_like_a_built_in_one(terminal: Terminal, site: Path) -> None:
    terminal.well("apply", "--yes")
    terminal.well("start", "draw", "--contact", ADA)
    path = {"PYTHONPATH": os.pathsep.join((str(site), str(ROOT)))}
    command = [sys.executable, "-m", "engine.cli"]
    daemon = Daemon(command, terminal.folder, free_port(), more={**TOKENS, **path})
    try:
        until(lambda: "delivered" in terminal("explain", ADA).out, "the winner's text is delivered")
    finally:
        assert daemon.terminate() == 0
    told = terminal.well("explain", ADA).out
    assert "Acme: you have won a coat." in told
    assert "wait 1d  draw › think" in told


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ("winners = 1", "leadoff_raffle:winners is no function"),
        ("def winners(world):\n    raise KeyError('no luck')", "KeyError: 'no luck'"),
        (
            "def winners(world):\n    yield world.drafts[0].finding('LO101', 'x', ())",
            "ValueError: the code LO101 is not like SHOP101, or begins with LO",
        ),
    ],
)
def test_a_rule_that_cannot_be_used_is_named(terminal: Terminal, site: Path, rule: str, why: str) -> None:
    (site / "leadoff_raffle.py").write_text(f"{PACKAGE.partition('def winners')[0]}\n{rule}\n")
    said = terminal("check")
    assert (said.code, said.out) == (2, "")
    assert f'the package leadoff-raffle brings the rule "winners", which cannot be used: {why}' in said.err
