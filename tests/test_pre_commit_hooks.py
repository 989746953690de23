"""The hooks that a project's repository uses: what pre-commit would run, and on which files; with pre-commit itself where it is installed.

`.ci/run` installs pre-commit and sets LEADOFF_REQUIRE_TOOLS=1; elsewhere its tests are skipped where there is none. The hooks run by this
checkout's `leadoff`: their `language: python` would install it anew.
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

from engine.cli.root import COMMANDS
from tests.fork_server import leadoff

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadoff"
HOOKS: list[dict[str, Any]] = YAML(typ="safe").load(ROOT / ".pre-commit-hooks.yaml")
BY_ID = {hook["id"]: hook for hook in HOOKS}
BAD = "flow: bad\nlanguage: 1\ntrigger: manual\nsteps:\n    - {id: a, delya: 2d}\n"
UGLY = "flow: ugly\nlanguage: 1\ntrigger:    manual\nsteps:\n  - {id: a, delay: 2d}\n"


def test_each_hook_is_a_command_of_ours() -> None:
    assert [hook["entry"].split()[0] for hook in HOOKS] == ["leadoff"] * len(HOOKS)
    assert all(hook["id"] == hook["entry"].replace(" ", "-") and hook["entry"].split()[1] in COMMANDS for hook in HOOKS)
    assert {hook["language"] for hook in HOOKS} == {"python"}, "pre-commit installs Leadoff for them"


@pytest.mark.parametrize(
    ("path", "hooks"),
    [
        ("leadoff.yaml", {"leadoff-fmt", "leadoff-check", "leadoff-test"}),
        ("shop/flows/hello.yaml", {"leadoff-fmt", "leadoff-check", "leadoff-test"}),
        ("flows/hello.test.yaml", {"leadoff-fmt", "leadoff-check", "leadoff-test"}),
        ("segments/vip.yaml", {"leadoff-fmt", "leadoff-check", "leadoff-test"}),
        ("media/hero.jpg", {"leadoff-check", "leadoff-test"}),
        ("contacts.csv", {"leadoff-check", "leadoff-test"}),
        ("README.md", set()),
        ("docs/leadoff.yaml.md", set()),
        ("mkdocs.yaml", set()),
    ],
)
def test_a_changed_file_calls_the_hooks_that_read_it(path: str, hooks: set[str]) -> None:
    assert {id for id, hook in BY_ID.items() if re.search(hook["files"], path)} == hooks & set(BY_ID)


@pytest.fixture(scope="module")
def pre_commit() -> str:
    found = shutil.which("pre-commit", path=f"{CACHE / 'pre-commit/bin'}:{os.environ['PATH']}")
    if found is None:
        assert os.environ.get("LEADOFF_REQUIRE_TOOLS") != "1", "there is no pre-commit"
        pytest.skip("there is no pre-commit: install it, or run .ci/run")
    return found


class Repository:
    """A repository with the shop in a folder of its own, and the hooks."""

    def __init__(self, folder: Path, pre_commit: str) -> None:
        self.folder, self._pre_commit = folder, pre_commit
        shop = folder / "repository/shop"
        shutil.copytree(ROOT / "examples/shop", shop, ignore=shutil.ignore_patterns(".leadoff", "*.png", "README.md"))
        self.root, self.flows = shop.parent, shop / "flows"
        program = folder / "bin/leadoff"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {shlex.join(leadoff())} "$@"\n')
        program.chmod(0o755)
        self._environ = {
            "PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(folder), "PRE_COMMIT_HOME": str(folder / "cache"),
            "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@acme.example", "GIT_COMMITTER_NAME": "A",
            "GIT_COMMITTER_EMAIL": "a@acme.example", "GIT_CONFIG_GLOBAL": "/dev/null",
        }  # fmt: skip
        hooks = [
            {
                **hook,
                "language": "system",
                **({} if hook.get("pass_filenames", True) else {"args": ["--project", "shop"]}),
            }
            for hook in HOOKS
        ]
        with (self.root / ".pre-commit-config.yaml").open("w") as file:
            YAML().dump({"repos": [{"repo": "local", "hooks": hooks}]}, file)
        self.git("init", "-q")
        self.git("add", "-A")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.root, env=self._environ, check=True, capture_output=True)

    def run(self, *words: str) -> tuple[int, str]:
        """What pre-commit says of what is staged."""
        self.git("add", "-A")
        done = subprocess.run(
            [self._pre_commit, *words], cwd=self.root, env=self._environ, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr


def results(said: str) -> dict[str, str]:
    return dict(re.findall(r"^(leadoff \w+)\.+(?:\(.*\))?(\w+)$", said, re.MULTILINE))


def test_pre_commit_reads_the_hooks(pre_commit: str) -> None:
    done = subprocess.run(
        [pre_commit, "validate-manifest", ".pre-commit-hooks.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_commit_with_a_mistake_is_stopped(tmp_path: Path, pre_commit: str) -> None:
    repository = Repository(tmp_path, pre_commit)
    code, said = repository.run("run")
    assert (code, set(results(said).values())) == (0, {"Passed"}), said
    repository.git("commit", "-qm", "the shop")
    (repository.root / "README.md").write_text("The shop\n")
    code, said = repository.run("run")
    assert (code, set(results(said).values())) == (0, {"Skipped"}), said
    (repository.flows / "bad.yaml").write_text(BAD)
    code, said = repository.run("run")
    assert code == 1
    assert results(said)["leadoff check"] == "Failed"
    assert "shop/flows/bad.yaml:5:" in said and 'did you mean "delay"?' in said, said


def test_a_crooked_file_is_formatted(tmp_path: Path, pre_commit: str) -> None:
    repository = Repository(tmp_path, pre_commit)
    repository.git("commit", "-qm", "the shop")
    (repository.flows / "ugly.yaml").write_text(UGLY)
    code, said = repository.run("run", "leadoff-fmt")
    assert (code, results(said)) == (1, {"leadoff fmt": "Failed"}), said
    assert (repository.flows / "ugly.yaml").read_text() != UGLY
    code, said = repository.run("run", "leadoff-fmt")
    assert (code, results(said)) == (0, {"leadoff fmt": "Passed"}), said
