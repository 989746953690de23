"""Ids beyond 32 bits: a story from the event to the receipt, on PostgreSQL. A whole number of SQLite has 64 bits everywhere."""

from __future__ import annotations

from pathlib import Path

from engine.store.postgres.database import PostgresDatabase
from tests.store.every_call import numbered
from tests.world import ADA, DAY, World

FAR = 2**40
SMALL = ("flow", "deployment", "token")  # there are few of these, and nobody makes more
FLOW = """\
flow: hello
language: 1
category: marketing
trigger: {event: list.joined}
steps:
  - id: hi
    sms: "Hi {{ contact.first_name | default('you') }}, look: {{ link('shop') }}"
  - id: think
    delay: 2d
"""


def test_ids_beyond_32_bits(postgres_database: PostgresDatabase, tmp_path: Path) -> None:
    far = ", ".join(
        f"setval(pg_get_serial_sequence('{name}', 'id'), {FAR})" for name in numbered() if name not in SMALL
    )
    postgres_database.write(lambda db: db.execute(f"SELECT {far}"))
    with World(tmp_path, FLOW, environ={"LEADOFF_DATABASE_URL": postgres_database.url}) as world:
        world.event("list.joined", ADA)
        world.tick()
        assert world.send() == 1
        world.callbacks()
        world.tick()
        assert [(message.contact > FAR, message.status) for message in world.messages()] == [(True, "delivered")]
        world.tick(after=3 * DAY)
        assert world.ends() == ["end"]
        assert len(world.story(ADA)) >= 5
