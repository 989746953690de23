"""The demo plays the example for real, and would say so if the provider and the database disagreed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from engine.demo import main, summary
from engine.demo.world import DemoWorld, copy_project

SHOP = Path(__file__).parents[2] / "examples/shop"


def test_the_demo_ends_well_and_draws_a_conversation(tmp_path: Path) -> None:
    told = Console(file=io.StringIO(), width=160)
    assert main.run(SHOP, tmp_path / "demo.png", told) == 0
    assert isinstance(told.file, io.StringIO)
    text = told.file.getvalue()
    assert "the provider's ledger agrees" in text
    for what in (
        "opted out", "no consent", "converted", "attempt 2", "the response was lost", "cannot receive MMS", "held: quiet hours",
        "skipped: cap of 1 a day", "collage of 3", "our answer: help",
    ):  # fmt: skip
        assert what in text, what
    with Image.open(tmp_path / "demo.png") as picture:
        assert picture.size == (1080, 2000)


@pytest.mark.parametrize("api", ["twilio", "bandwidth", "telnyx"])
def test_the_demo_through_a_real_providers_sender(tmp_path: Path, api: str) -> None:
    """The same story: an answer lost and settled by its callback, a 429, a STOP, a phone without pictures, an unreachable one."""
    told = Console(file=io.StringIO(), width=160)
    assert main.run(SHOP, tmp_path / "demo.png", told, api) == 0
    assert isinstance(told.file, io.StringIO)
    text = told.file.getvalue()
    for what in (
        "the provider's ledger agrees",
        "opted out",
        "attempt 2",
        "the response was lost",
        "our answer: help",
    ):
        assert what in text, what


DAMAGES = [
    ("UPDATE message SET text = 'other' WHERE id = 1", "another text"),
    ("UPDATE message SET status = 3 WHERE id = 1", "Leadoff says accepted, the provider says delivered"),
    ("UPDATE message SET status = 5 WHERE status = 10", "the provider does not have it"),
    ("DELETE FROM message WHERE id = 1", "the provider has it, Leadoff does not"),
]


def test_a_difference_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    copy_project(SHOP, folder)
    world = DemoWorld(folder, main.START)
    try:
        main.play(world, folder, Console(file=io.StringIO()))
        assert summary.differences(world) == []
        for damage, said in DAMAGES:
            before = summary.differences(world)
            world.app.database.write(lambda db, damage=damage: db.execute(damage))  # type: ignore[misc]
            more = [line for line in summary.differences(world) if line not in before]
            assert more and all(said in line for line in more), more
    finally:
        world.close()


def test_a_link_that_leads_nowhere_keeps_no_demo_from_playing(tmp_path: Path) -> None:
    source = tmp_path / "mine"
    source.mkdir()
    (source / "leadoff.yaml").write_text("project: p\n")
    (source / "gone.png").symlink_to(tmp_path / "nowhere.png")
    copy_project(source, tmp_path / "copy")
    assert [each.name for each in (tmp_path / "copy").iterdir()] == ["leadoff.yaml"]
