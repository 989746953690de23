from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.web.caller import Caller
from tests.server.web.desk import Desk
from tests.world import PROJECT, World

FLOW = """\
flow: hello
language: 1
category: transactional
trigger:
  event: list.joined
steps:
  - id: hi
    sms: {text: "Hello! {{ link('shop') }}", image: media/hero.png, otherwise: skip}
"""


@pytest.fixture(autouse=True)
def _each(each_database: str) -> None:
    """All of these tests run on each database."""


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, FLOW) as world:
        yield world


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


BY_HAND = """\
flow: by-hand
language: 1
category: transactional
trigger: manual
steps:
  - id: pause
    delay: 2d
  - id: hi
    sms: Hello!
"""


@pytest.fixture
def caller(tmp_path: Path) -> Iterator[Caller]:
    """An admin, in a world that has a flow to be started by hand as well."""
    with World(tmp_path, FLOW, BY_HAND, project=f"{PROJECT}coupons: {{spring10: {{length: 12}}}}\n") as world:
        yield Caller(Desk(world))
