"""All of these tests run on each database."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _each(each_database: str) -> None: ...
