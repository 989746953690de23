"""Blocks from other packages: the example, installed by pip into a folder of its own, and packages that cannot be used."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from blocks.registry import BUILT_IN
from engine.errors import UsageError
from engine.registry import registry
from tests.blocks import test_cases as driver
from tests.cli.conftest import Terminal
from tests.cli.conftest import terminal_without_database as terminal
from tests.docs.pages import fenced
from tests.world import ADA, BEN, World

__all__ = ["terminal"]

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/custom_block"
SHOP = EXAMPLE / "shop"
PROJECT = (SHOP / "leadoff.yaml").read_text("utf-8")
FLOW = (SHOP / "flows/points.yaml").read_text("utf-8")
CASES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load((EXAMPLE / "award.yaml").read_text("utf-8"))

RAISING = """\
from leadoff_loyalty import Award

class Tithe(Award):
    verb = "tithe"

    def decide(self, ctx):
        if ctx.facts.person.fields["first_name"] == "Ben":
            raise RuntimeError("not for Ben")
        return super().decide(ctx)
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package in it, as pip lays it out."""
    folder = tmp_path_factory.mktemp("site")
    # Of a copy: building must leave nothing behind in the checkout.
    source = shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("source") / "custom_block")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet"]
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(folder), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The registry as this test's path makes it, and as it was before for the next test."""
    registry.cache_clear()
    with monkeypatch.context() as patch:
        yield patch
    for name in ("leadoff_loyalty", "other"):
        sys.modules.pop(name, None)
    registry.cache_clear()


@pytest.fixture
def installed(site: Path, fresh: pytest.MonkeyPatch) -> None:
    fresh.syspath_prepend(str(site))


def other(folder: Path, code: str, name: str = "Other") -> Path:
    """A package on the path that brings one more block."""
    info = folder / "leadoff_other-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leadoff-other\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[leadoff.blocks]\nmore = other:{name}\n")
    (folder / "other.py").write_text(code)
    return folder


def leadoff(*words: str | Path, path: Path) -> subprocess.CompletedProcess[str]:
    """In a process of its own, with that folder on its path."""
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (path, ROOT))), "NO_COLOR": "1"}
    command = [sys.executable, "-m", "engine.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environ)


def copied(folder: Path, old: str = "", new: str = "") -> Path:
    """The example's project, with one change."""
    shop = shutil.copytree(SHOP, folder / "shop")
    assert old in FLOW
    (shop / "flows/points.yaml").write_text(FLOW.replace(old, new))
    return shop


# --- the command line ----------------------------------------------------------------------------------------------


def test_check_accepts_the_flow_of_the_example(site: Path) -> None:
    said = leadoff("check", SHOP, path=site)
    assert (said.returncode, said.stdout) == (0, ""), said


@pytest.mark.usefixtures("installed")
def test_check_points_at_a_typo_inside_the_block(terminal: Terminal) -> None:
    shop = copied(terminal.folder, "{points: 10, field", "{points: 10, feild")
    said = terminal("check", str(shop))
    assert said.code == 1
    assert said.out.endswith(
        'flows/points.yaml:8:25: error[LO201]: unknown key "feild"\n'
        "  |\n"
        "8 |   - award: {points: 10, feild: loyalty_points}\n"
        "  |                         ^^^^^\n"
        '  = help: did you mean "field"? Allowed here: field, points\n'
    )


def test_without_the_package_check_says_what_may_be_missing(terminal: Terminal) -> None:
    said = terminal("check", str(SHOP))
    assert said.code == 1
    assert 'error[LO202]: unknown step "award"' in said.out
    assert "If it is a custom block, its package is not installed here" in said.out


@pytest.mark.usefixtures("installed")
def test_a_typo_in_a_verb_is_no_missing_package(terminal: Terminal) -> None:
    said = terminal("check", str(copied(terminal.folder, "award:", "awrad:")))
    assert 'help: did you mean "award"?' in said.out
    assert "custom block" not in said.out


def test_the_schema_has_the_verb_and_its_docstrings(terminal: Terminal, fresh: pytest.MonkeyPatch, site: Path) -> None:
    assert "step-award" not in terminal.well("schema", "flow").json["$defs"]
    fresh.syspath_prepend(str(site))
    registry.cache_clear()
    step = terminal.well("schema", "flow").json["$defs"]["step-award"]["properties"]["award"]
    assert step["description"].startswith("Award: loyalty points for the contact")
    assert step["properties"]["points"]["description"] == "How many points the contact gets."


def test_a_package_that_cannot_be_used_is_named_on_the_command_line(
    terminal: Terminal, fresh: pytest.MonkeyPatch
) -> None:
    fresh.syspath_prepend(str(other(terminal.folder, "import nowhere_to_be_found")))
    said = terminal("check", str(SHOP))
    assert (said.code, said.out) == (2, "")
    assert 'the package leadoff-other brings the block "more", which cannot be used: ModuleNotFoundError' in said.err
    assert "pip uninstall leadoff-other" in said.err


# --- behaviour -----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_its_cases_pass_with_the_driver_of_the_built_in_ones(case: dict[str, Any]) -> None:
    driver.hold("award", case)


def test_its_cases_are_of_all_kinds() -> None:
    assert {kind for kind in ("outcome", "describe", "refused") for case in CASES if kind in case} == {
        "outcome",
        "describe",
        "refused",
    }


def points(world: World) -> dict[str, Any]:
    with world.app.database.reading() as db:
        rows = db.execute("SELECT phone, json_extract(fields, '$.loyalty_points') FROM contact")
        return {phone: had for phone, had in rows if had is not None}


@pytest.mark.usefixtures("installed")
def test_a_run_awards_the_points_and_later_steps_read_them(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=PROJECT) as world:
        world.contact(BEN, loyalty_points=90)
        for phone in (ADA, BEN):
            world.event("order.placed", phone, {"order_id": "1"})
        world.tick()
        assert points(world) == {ADA: 10, BEN: 100}
        world.send()
        assert world.arrived() == [(BEN, "Acme: 100 points! Your next coffee is on us. Reply STOP to opt out")]


@pytest.mark.usefixtures("installed")
def test_a_block_that_raises_parks_only_its_own_run(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    fresh.syspath_prepend(str(other(tmp_path / "other", RAISING, "Tithe")))
    with World(tmp_path, FLOW.replace("award:", "tithe:"), project=PROJECT) as world:
        for phone in (ADA, BEN):
            world.event("order.placed", phone, {"order_id": "1"})
        world.tick()
        assert points(world) == {ADA: 10}
        assert [(run.contact, run.status, run.reason) for run in world.runs()] == [
            (1, "exited", "end"),
            (2, "parked", "RuntimeError: not for Ben"),
        ]


# --- loading -------------------------------------------------------------------------------------------------------


def test_without_packages_there_are_the_built_in_ones(fresh: pytest.MonkeyPatch) -> None:
    assert tuple(registry().values()) == BUILT_IN
    assert registry() is registry()


@pytest.mark.usefixtures("installed")
def test_built_in_ones_come_first() -> None:
    assert list(registry()) == [*(block.verb for block in BUILT_IN), "award"]


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("Another = 1", "AttributeError: "),
        ("class Other: verb = 'more'", "other:Other is no subclass of Block with a verb"),
        ("Other = 'more'", "other:Other is no subclass of Block with a verb"),
        ("from engine.core.block import Block as Other", "other:Other is no subclass of Block with a verb"),
        ("from blocks.sms import Sms as Other", 'the step "sms" exists already'),
    ],
)
def test_what_cannot_be_used_is_refused_and_named(
    code: str, why: str, tmp_path: Path, fresh: pytest.MonkeyPatch
) -> None:
    fresh.syspath_prepend(str(other(tmp_path, code)))
    with pytest.raises(UsageError) as refused:
        registry()
    assert refused.value.message.startswith(
        f'the package leadoff-other brings the block "more", which cannot be used: {why}'
    )


@pytest.mark.usefixtures("installed")
def test_two_packages_cannot_bring_the_same_verb(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    fresh.syspath_prepend(str(other(tmp_path, "from leadoff_loyalty import Award as Other")))
    with pytest.raises(UsageError, match=r'leadoff-other .* the step "award" exists already'):
        registry()


# --- the page ------------------------------------------------------------------------------------------------------


def test_the_entry_point_stands_in_the_guide_as_in_the_example() -> None:
    (shown,) = (block.text for block in fenced(ROOT / "docs/writing-a-block.md") if block.kind == "ini")
    assert shown in (EXAMPLE / "pyproject.toml").read_text("utf-8")
