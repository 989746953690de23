"""Listings of any length: read a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.store.queries import listings
from engine.store.queries.listings import ListingFilter
from engine.store.sql import Connection, Row
from tests.world import ADA, BEN, CY, World

pytestmark = pytest.mark.usefixtures("each_database")

DI, EVE = "+13035550124", "+17025550125"
Listing = Callable[[Connection, ListingFilter], list[Row]]
FLOW = """\
flow: welcome
language: 1
category: transactional
trigger: {event: list.joined}
steps: [{id: hi, sms: Hello}, {id: think, delay: 1d}]
"""


@pytest.mark.parametrize(
    "listing", [listings.runs, listings.messages, listings.page_of_contacts], ids=["runs", "messages", "contacts"]
)
def test_a_listing_is_read_a_page_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listing: Listing) -> None:
    monkeypatch.setattr(listings, "PAGE", 2)
    with World(tmp_path, FLOW) as world:
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone)
        world.tick()
        rows = listings.paged(world.app.database, listing)
        seen = [next(rows)["id"]]
        world.contact(DI)
        world.event("list.joined", DI)
        world.tick()
        seen += [row["id"] for row in rows]
        with world.app.database.reading() as db:
            assert seen == [row["id"] for row in listing(db, ListingFilter())]
        assert len(seen) == 4, "the second page was read after the first one was used"


def test_a_page_holds_no_more_than_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "PAGE", 2)
    sizes: list[int | None] = []

    def counted(db: Connection, wanted: ListingFilter) -> list[Row]:
        sizes.append(wanted.limit)
        return listings.page_of_contacts(db, wanted)

    with World(tmp_path, FLOW) as world:
        world.contact(DI)
        world.contact(EVE)
        assert len(list(listings.paged(world.app.database, counted, ListingFilter(limit=3)))) == 3
        assert sizes == [2, 1]
        assert len(list(listings.paged(world.app.database, counted))) == 5
        assert sizes == [2, 1, 2, 2, 2]


def test_runs_that_are_held_before_a_message_are_counted_and_not_read(tmp_path: Path) -> None:
    with World(tmp_path, FLOW) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick()
        with world.app.database.reading() as db:
            who = {row["contact"]: row["id"] for row in listings.runs(db)}
        world.app.database.write(
            lambda db: db.execute(
                "INSERT INTO journal (contact, run, flow, step, at, kind, note) SELECT contact, id, flow, step, 0, 'noted',"
                " 'held until 9:00' FROM run WHERE id = ?",
                (who[ADA],),
            )
        )
        with world.app.database.reading() as db:
            (ada, flow) = db.execute("SELECT contact, flow FROM run WHERE id = ?", (who[ADA],)).fetchone()
            assert listings.held_runs(db, None, None) == 1
            assert listings.held_runs(db, ada, flow) == 1
            assert listings.held_runs(db, ada + 1, None) == 0
