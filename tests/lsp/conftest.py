"""A shop of one's own, and an editor that is open on it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lsp.client import Editor

SHOP = Path(__file__).parents[2] / "examples" / "shop"
DROP = "flows/spring-drop.yaml"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns(".leadoff"))
    return folder


@pytest.fixture
def editor(shop: Path) -> Iterator[Editor]:
    with Editor(shop) as editor:
        yield editor
