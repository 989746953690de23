"""A picture that is gone from disk holds its own messages, and they go when it is back."""

from __future__ import annotations

from pathlib import Path

from engine.deploy import stored_pictures
from tests.world import ADA, BEN, MINUTE, World

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: one
    sms: {text: Look, image: media/hero.png, otherwise: text}
"""


def gone(world: World) -> tuple[list[str], int]:
    """What is missing, and how many messages wait for it."""
    deployed, folder = world.app.deployed(), world.app.media_dir
    with world.app.database.reading() as db:
        return stored_pictures.missing(db, deployed, folder), stored_pictures.waited_for(db, folder)


def lose(world: World) -> Path:
    """The only picture, from the database as well."""
    world.app.database.write(lambda db: db.execute("DELETE FROM blob"))
    (picture,) = world.app.media_dir.iterdir()
    return picture


def test_what_the_disk_has_lost_comes_from_the_database(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        (picture,) = world.app.media_dir.iterdir()
        whole = picture.read_bytes()
        for damage in (None, b"", whole[:-1]):
            picture.unlink() if damage is None else picture.write_bytes(damage)
            assert gone(world) == ([], 0)
            assert picture.read_bytes() == whole
        picture.unlink()
        world.event("list.joined", ADA)
        world.tick()
        assert world.send() == 1
        assert picture.read_bytes() == whole


def test_it_holds_its_messages_and_they_go_when_it_is_back(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        picture = lose(world)
        kept = picture.read_bytes()
        picture.unlink()
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick()
        for _ in range(12):
            assert world.send() == 0
            world.tick(MINUTE)
        assert world.told() == [("one", "held", "its picture is gone: media/hero.png")] * 2
        assert [message.attempts for message in world.messages()] == [0, 0]
        assert gone(world) == (["media/hero.png"], 2)
        picture.write_bytes(kept)
        world.tick(MINUTE)
        assert world.send() == 2 and gone(world) == ([], 0)


def test_apply_brings_back_what_is_gone_or_damaged(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        picture = lose(world)
        whole = picture.read_bytes()
        for damage in (b"", whole[:-1]):
            picture.write_bytes(damage)
            lose(world)
            assert gone(world) == (["media/hero.png"], 0)
            world.apply()
            assert picture.read_bytes() == whole and gone(world) == ([], 0)


def test_others_go_on(tmp_path: Path) -> None:
    plain = FLOW.replace("flow: hello", "flow: plain").replace("list.joined", "order.placed")
    plain = plain[: plain.index("    sms:")] + "    sms: Words\n"
    with World(tmp_path, FLOW, plain) as world:
        picture = lose(world)
        picture.unlink()
        world.event("list.joined", ADA)
        world.event("order.placed", BEN)
        world.tick()
        assert world.send() == 1 and world.arrived() == [(BEN, "Words")]
