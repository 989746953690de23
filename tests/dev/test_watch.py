"""Saves that are seen once, however an editor writes them."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from engine.dev.watch import Watch, seen

WAITS = 30  # seconds; it fails only where the save is never seen


def test_a_save_is_seen_and_so_is_one_by_renaming(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    file = tmp_path / "flows/hello.yaml"
    file.write_text("one")
    saved = threading.Semaphore(0)
    watch = Watch(tmp_path, saved.release)
    watch.start()
    try:
        file.write_text("another")
        assert saved.acquire(timeout=WAITS)
        (tmp_path / "flows/.hello.swp").write_text("a third")
        os.replace(tmp_path / "flows/.hello.swp", file)
        assert saved.acquire(timeout=WAITS)
    finally:
        watch.stop()


def test_a_bug_that_one_save_meets_does_not_keep_the_next_from_being_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    calls, saved = iter([RuntimeError("a bug")]), threading.Semaphore(0)

    def play() -> None:
        saved.release()
        for error in calls:
            raise error

    watch = Watch(tmp_path, play)
    watch.start()
    try:
        for words in ("one", "two"):
            (tmp_path / "leadoff.yaml").write_text(words)
            assert saved.acquire(timeout=WAITS)
    finally:
        watch.stop()
    assert "RuntimeError: a bug" in capsys.readouterr().err


def test_what_is_no_file_of_the_project_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / "node_modules").mkdir()
    before = seen(tmp_path)
    (tmp_path / "node_modules/x.yaml").write_text("x")
    assert seen(tmp_path) == before
    (tmp_path / "leadoff.yaml").write_text("x")
    assert seen(tmp_path) != before
