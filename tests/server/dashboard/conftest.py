from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.web.conftest import FLOW, _each, desk, world  # noqa: F401 (fixtures)
from tests.server.web.desk import Desk
from tests.world import World


@pytest.fixture
def public(tmp_path: Path) -> Iterator[Desk]:
    """A site that is reached by https, behind a proxy."""
    with World(tmp_path, FLOW, environ={"LEADOFF_PUBLIC_URL": "https://sms.acme.example"}) as reached:
        yield Desk(reached)
