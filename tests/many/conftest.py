"""Databases of PostgreSQL for the tests of many daemons."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.many.pair import Pair
from tests.store.conftest import server
from tests.store.postgres.conftest import create

__all__ = ["create", "server"]


@pytest.fixture
def pair(create: Callable[[], str], tmp_path: Path) -> Callable[..., Pair]:
    return lambda *flows, **more: Pair(create(), tmp_path / "shop", *flows, **more)
