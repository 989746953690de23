"""What phones and providers fetch: images by their hash, and links that count."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.store.sqlite.database import SqliteDatabase
from tests.databases import file_of
from tests.server.web.desk import Desk, is_problem
from tests.world import ADA, World

LANDING = "https://acme.example/spring?utm_source=test-shop&utm_medium=mms&utm_campaign=hello&utm_content=hi"


@pytest.fixture
def ref(world: World) -> str:
    data = (world.folder / "media/hero.png").read_bytes()
    return f"{hashlib.sha256(data).hexdigest()}.png"


@pytest.fixture
def link(world: World) -> str:
    """The path of the link that Ada was sent."""
    world.event("list.joined", ADA, {"list": "vip"})
    world.tick()
    return "/l/" + world.messages()[0].text.rsplit("/", 1)[1]


def clicks(world: World) -> list[tuple[int, str]]:
    with world.app.database.reading() as db:
        return db.execute("SELECT contact, name FROM event WHERE kind = 2").fetchall()


def test_an_image_is_served_as_what_it_is_and_for_ever(desk: Desk, ref: str) -> None:
    answer = desk.get(f"/m/{ref}")
    assert answer.status_code == 200
    assert answer.content == (desk.world.folder / "media/hero.png").read_bytes()
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    head = desk.head(f"/m/{ref}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(answer.content))


def test_only_a_hash_reaches_the_disk(desk: Desk, ref: str) -> None:
    secret = desk.world.app.media_dir / "secret.png"
    secret.write_bytes(b"secret")
    (Path(desk.world.app.media_dir) / f"{'a' * 64}.svg").write_bytes(b"<svg/>")
    names = [
        "secret.png",
        "..%2fleadoff.db",
        "../leadoff.db",
        f"{'a' * 64}.svg",
        f"{'b' * 64}.png",
        ref.upper(),
        f"{ref}%0a",
        f"{ref}/",
    ]
    assert [desk.get(f"/m/{name}").status_code for name in names] == [404] * len(names)
    assert is_problem(desk.get("/m/secret.png"), 404)


def test_a_link_leads_on_and_counts(desk: Desk, link: str) -> None:
    answer = desk.get(link)
    assert answer.status_code == 302
    assert answer.headers["Location"] == LANDING
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert clicks(desk.world) == [(1, "shop")]
    assert desk.woken == 1


def test_a_look_at_the_head_is_no_click(desk: Desk, link: str) -> None:
    answer = desk.head(link)
    assert (answer.status_code, answer.headers["Location"]) == (302, LANDING)
    assert (clicks(desk.world), desk.woken) == ([], 0)


def test_a_request_cannot_say_where_a_link_leads(desk: Desk, link: str) -> None:
    answer = desk.get(f"{link}?url=https://evil.example&next=//evil.example")
    assert answer.headers["Location"] == LANDING
    assert is_problem(desk.get("/l/https:%2f%2fevil.example"), 404)
    assert is_problem(desk.get("/l/AAAAAAAA"), 404)
    assert len(clicks(desk.world)) == 1


@pytest.mark.only("sqlite", "another writer keeps all of it locked")
def test_a_person_is_led_on_while_the_click_cannot_be_stored(world: World, link: str) -> None:
    world.app.database = SqliteDatabase(file_of(world.app.database), busy_seconds=0.05)
    desk = Desk(world)
    with closing(sqlite3.connect(file_of(world.app.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert desk.get(link).headers["Location"] == LANDING
        other.execute("ROLLBACK")
        assert (clicks(world), desk.woken) == ([], 0)


def test_a_link_that_is_over_says_so_to_the_person(desk: Desk, link: str) -> None:
    world = desk.world
    world.app.database.write(lambda db: db.execute("UPDATE link SET url = ''"))
    for answer in (desk.get(link), desk.head(link)):
        assert answer.status_code == 410
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Location" not in answer.headers
    assert "This link is no longer valid." in desk.get(link).text
    assert clicks(world) == []
