"""Databases of PostgreSQL for the tests of many daemons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.many.pair import Pair
from tests.postgres import databases
from tests.store.conftest import server
from tests.store.postgres.conftest import create

__all__ = ["create", "server"]


@pytest.fixture
def url() -> Iterator[str]:
    """A database that holds nothing; its tables stay as they are."""
    yield databases().take()
    databases().give_back()


@pytest.fixture
def pair(url: str, tmp_path: Path) -> Callable[..., Pair]:
    return lambda *flows, **more: Pair(url, tmp_path / "shop", *flows, **more)
