"""A project as another commit has it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from blocks.registry import REGISTRY
from engine.deploy import git
from engine.deploy.revisions import project_at
from engine.errors import UsageError
from engine.language.check import check
from tests.deploy.versions import FLOW
from tests.world import PROJECT


def run(folder: Path, *words: str, author: str = "Ada") -> str:
    who = ["-c", f"user.name={author}", "-c", "user.email=a@example.com"]
    done = subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project in a folder of a repository: two commits, on `main`."""
    root = tmp_path / "repository/shop"
    (root / "flows").mkdir(parents=True)
    (root / "leadoff.yaml").write_text(PROJECT)
    (root / "flows/spring.yaml").write_text(FLOW.replace(", image: media/hero.png, otherwise: text", ""))
    (root / "other.yaml").write_text("not a flow: it is beside leadoff.yaml, and there is flows/")
    run(root.parent, "init", "-q", "-b", "main")
    run(root, "add", "-A")
    run(root, "commit", "-qm", "first")
    run(root, "tag", "first")
    (root / "flows/spring.yaml").write_text(FLOW.replace("2d", "3d"))
    run(root, "commit", "-qam", "longer")
    return root


def test_the_files_are_those_of_the_commit(shop: Path) -> None:
    (shop / "flows/spring.yaml").write_text("broken: [")
    found = project_at(shop, "first")
    assert set(found.files) == {"leadoff.yaml", "flows/spring.yaml"}
    checked = check(found, REGISTRY)
    assert checked.ok and set(checked.flows) == {"spring"}
    assert b"3d" in project_at(shop, "main").files["flows/spring.yaml"]


@pytest.mark.parametrize("name", ["nothing", "--help", "first:shop/leadoff.yaml", "a..b", ""])
def test_a_revision_that_is_not_there(shop: Path, name: str) -> None:
    with pytest.raises(UsageError, match="there is no revision"):
        project_at(shop, name)


def test_a_revision_without_the_project(shop: Path) -> None:
    run(shop, "checkout", "-q", "--orphan", "empty")
    run(shop, "rm", "-qf", "leadoff.yaml")
    run(shop, "commit", "-qm", "flows alone")
    with pytest.raises(UsageError, match=r'"empty" has no leadoff\.yaml'):
        project_at(shop, "empty")


def test_what_is_not_in_head(shop: Path) -> None:
    base = git.commit_of(shop, "HEAD")
    run(shop, "checkout", "-qb", "theirs")
    (shop / "flows/spring.yaml").write_text(FLOW.replace("2d", "5d"))
    run(shop, "commit", "-qam", "five days", author="Ben")
    theirs = git.commit_of(shop, "theirs")
    run(shop, "checkout", "-q", "main")
    assert base and theirs
    assert git.not_in_head(shop, base) == ()
    assert [(each.hash, each.author, each.subject) for each in git.not_in_head(shop, theirs)] == [
        (theirs, "Ben", "five days")
    ]
    assert git.merge_base(shop, theirs) == base
    assert not git.is_shallow(shop)


def test_a_folder_outside_of_git(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no revision"):
        project_at(tmp_path, "main")


def test_nothing_of_the_repository_runs(shop: Path, tmp_path: Path) -> None:
    """Its configuration names programs for what git does; who plans a project of others must not run them."""
    program, ran = tmp_path / "evil.sh", tmp_path / "ran"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    for name, value in {
        "gpg.program": str(program), "log.showSignature": "true", "core.fsmonitor": str(program), "core.sshCommand": str(program),
        "remote.origin.url": "ssh://nowhere.example/x", "remote.origin.promisor": "true", "diff.evil.textconv": str(program),
        "core.repositoryformatversion": "1", "extensions.partialClone": "origin",
        "core.pager": str(program), "core.attributesFile": str(shop / "attributes"),
    }.items():  # fmt: skip
        run(shop, "config", name, value)
    (shop / "attributes").write_text("*.yaml diff=evil filter=evil\n")
    head = git.commit_of(shop, "main")
    assert head
    assert git.not_in_head(shop, head) == ()
    assert git.merge_base(shop, head) == head
    assert set(project_at(shop, "first").files) == {"leadoff.yaml", "flows/spring.yaml"}
    blob = run(shop, "rev-parse", "first:./flows/spring.yaml")
    (shop.parent / ".git/objects" / blob[:2] / blob[2:]).unlink()  # a partial clone fetches what it lacks
    assert git.content_at(shop, "first", "flows/spring.yaml") is None
    assert not ran.exists()
