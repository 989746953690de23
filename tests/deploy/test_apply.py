"""Deployments: what is applied is what runs (V1-V3), and what the loader reads."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from engine.deploy.apply import keep_media
from engine.deploy.git import revision
from engine.deploy.project_files import find_project, read_regular
from engine.deploy.read_project import read_and_check, read_project
from engine.errors import Refused, UsageError
from engine.messaging.media.inspection import inspect
from tests.world import ADA, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: {text: One, image: media/hero.png, otherwise: text}
  - id: rest
    delay: 1d
"""


def test_formatting_is_no_change(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        before = world.app.deployed()
        world.write(FLOW.replace("sms: {text: One,", "# why\n    sms: {text:   'One',"))
        world.apply()
        assert world.app.deployed() is before
        world.write(FLOW.replace("One", "Two"))
        world.apply()
        assert world.app.deployed().id == before.id + 1


def test_another_project_on_the_same_database_is_refused(tmp_path: Path) -> None:
    """A project that gets a new name still has its flows."""
    with World(tmp_path, FLOW) as world:
        world.write(project=PROJECT.replace("test-shop", "new-name"))
        world.apply()
        (world.folder / "flows/hello.yaml").unlink()
        world.write(FLOW.replace("flow: hello", "flow: other"), project=PROJECT.replace("test-shop", "bakery"))
        with pytest.raises(Refused, match="holds another project, new-name"):
            world.apply()
        assert world.app.deployed().project.project == "new-name"


def test_the_engine_reads_the_deployment_not_the_folder(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        world.write(FLOW.replace("One", "Changed"))
        (world.folder / "media/hero.png").unlink()
        world.event("list.joined", ADA)
        world.tick()
        assert world.messages()[0].text == "One"
        media = world.messages()[0].media
        assert media and (world.app.media_dir / media).is_file()


def test_waiting_contacts_follow_the_newest_deployment(tmp_path: Path) -> None:
    """V2: by step id; the due time already set stays."""
    with World(tmp_path, FLOW) as world:
        world.event("list.joined", ADA)
        due = world.tick()
        world.write(FLOW.replace("delay: 1d", "delay: 9d\n  - id: two\n    sms: Two"))
        world.apply()
        assert world.tick() == due
        assert due is not None
        world.clock.move_to(due)
        world.tick()
        assert [message.step for message in world.messages()] == ["one", "two"]


def test_a_flow_that_is_gone_keeps_its_contacts_from_being_lost(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        world.event("list.joined", ADA)
        world.tick()
        (world.folder / "flows/hello.yaml").rename(world.folder / "flows/hello.txt")
        with pytest.raises(Refused, match="1 contact in the flow hello, which is gone"):
            world.apply()


def test_an_image_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (10, 10)).save(tmp_path / "a.png")
    info = inspect((tmp_path / "a.png").read_bytes())
    with pytest.raises(Refused, match="changed"):
        keep_media(tmp_path / "media", info, b"other")
    keep_media(tmp_path / "media", info, (tmp_path / "a.png").read_bytes())
    assert [path.name for path in (tmp_path / "media").iterdir()] == [info.ref]


def test_the_loader_follows_nothing_out_and_waits_for_nothing(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "flows").mkdir(parents=True)
    (project / "leadoff.yaml").write_text(PROJECT)
    (tmp_path / "secret.yaml").write_text("secret")
    (project / "flows/out.yaml").symlink_to(tmp_path / "secret.yaml")
    os.mkfifo(project / "flows/pipe.yaml")
    (project / "flows/folder.yaml").mkdir()
    read = read_project(project)
    assert read.files.keys() == {"leadoff.yaml"}
    assert set(read.unread) == {"flows/out.yaml", "flows/pipe.yaml", "flows/folder.yaml"}
    assert read_regular(project, "../secret.yaml", 100) is None
    assert read_regular(project, "/etc/hostname", 100) is None
    assert read_regular(project, "a\0b", 100) is None


def test_the_project_is_found_from_inside(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "leadoff.yaml").write_text(PROJECT)
    assert find_project(tmp_path / "a/b") == tmp_path
    with pytest.raises(UsageError, match=r"no leadoff\.yaml"):
        find_project(Path("/"))


def test_the_commit_and_whether_it_is_dirty(tmp_path: Path) -> None:
    assert revision(tmp_path).commit is None
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    (tmp_path / "leadoff.yaml").write_text(PROJECT)
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    clean = revision(tmp_path)
    assert clean.commit is not None and len(clean.commit) == 40 and not clean.dirty
    (tmp_path / "leadoff.yaml").write_text(PROJECT + "\n")
    assert revision(tmp_path) == (clean.commit, True)


def test_nothing_of_the_repository_runs(tmp_path: Path) -> None:
    """Its configuration names programs for what git does; who applies a project of others must not run them."""
    root, ran = tmp_path / "shop", tmp_path / "ran"
    root.mkdir()
    git = ["git", "-C", str(root), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "init", "-q"], check=True)
    (root / "leadoff.yaml").write_text(PROJECT)
    (root / ".gitattributes").write_text("*.yaml filter=evil\n")
    (root / ".git/info/exclude").write_text("notes.txt\n")
    (root / "notes.txt").write_text("not theirs to know")
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(0o755)
    for name in ("core.fsmonitor", "filter.evil.clean", "filter.evil.process"):
        subprocess.run([*git, "config", name, str(program)], check=True)
    (root / ".git/hooks").mkdir(exist_ok=True)
    shutil.copy(program, root / ".git/hooks/post-index-change")
    assert not revision(root).dirty
    (root / "leadoff.yaml").write_text(PROJECT.replace("Acme", "Amce"))  # of the same length: git has to read it
    assert revision(root).dirty
    assert not ran.exists()


def test_one_error_and_nothing_changes(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        before = world.app.deployed().id
        world.write(FLOW.replace("delay: 1d", "delay: soon"))
        checked = read_and_check(world.folder, world.app.registry)
        assert not checked.ok
        with pytest.raises(Refused, match="has errors"):
            world.app.apply(checked)
        assert world.app.deployed().id == before
