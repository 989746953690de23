"""A shop of one's own, and an editor that is open on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.deploy.read_project import read_and_check
from engine.registry import registry
from tests.lsp.client import Editor

SHOP = Path(__file__).parents[2] / "examples" / "shop"
DROP = "flows/spring-drop.yaml"


@pytest.fixture(scope="session")
def shop_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, and its pictures as `check` keeps them: made once, copied by the tests."""
    folder = tmp_path_factory.mktemp("files") / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns(".leadoff"))
    assert read_and_check(folder, registry()).ok
    return folder


@pytest.fixture
def shop(shop_files: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shop_files, tmp_path / "shop"))


@pytest.fixture
def editor(shop: Path) -> Iterator[Editor]:
    with Editor(shop) as editor:
        yield editor
