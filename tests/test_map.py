"""The map from a room to its tests, by name: what is wrong in engine/store is tested in tests/store."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import mutation

HERE = Path(__file__).parent
ROOT = HERE.parent
ACROSS_ROOMS = ("stories", "problems", "many", "browser")
"""Stories, many daemons and a browser go through several rooms; problems are the samples of `leadoff check`, a folder for each code."""

TEST_FOLDERS = sorted({path.parent.relative_to(HERE).as_posix() for path in HERE.rglob("test_*.py")} - {"."})
ROOMS = sorted(path.parent.name for path in ROOT.glob("engine/*/__init__.py"))


@pytest.mark.parametrize("folder", [folder for folder in TEST_FOLDERS if folder.split("/")[0] not in ACROSS_ROOMS])
def test_a_folder_of_tests_has_the_name_of_what_it_tests(folder: str) -> None:
    assert (ROOT / "engine" / folder).is_dir() or (ROOT / folder).is_dir()


@pytest.mark.parametrize("room", [*ROOMS, "blocks", "docs", "examples", "flows"])
def test_every_room_has_a_folder_of_tests(room: str) -> None:
    assert any(folder == room or folder.startswith(f"{room}/") for folder in TEST_FOLDERS)


def test_the_mutations_name_rooms_and_tests_that_are_there() -> None:
    assert [
        path for room, tests in mutation.ROOMS.items() for path in (room, *tests) if not (ROOT / path).exists()
    ] == []
