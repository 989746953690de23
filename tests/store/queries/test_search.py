"""A search looks at so many contacts at a time, the newest first, and says where the next look goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.store.queries import search
from tests.world import World

pytestmark = pytest.mark.usefixtures("each_database")
HELLO = "flow: hello\nlanguage: 1\ntrigger: manual\nsteps:\n  - {id: hi, sms: Hello}\n"


def test_a_look_reads_so_many_contacts_and_the_next_one_goes_on_behind_them(tmp_path: Path) -> None:
    with World(tmp_path, HELLO) as world, world.app.database.reading() as db:  # Ada, Ben and Cy, in this order
        (only,) = search.contacts(db, "ada", 10)
        assert search.newest(db, "Ada", 10).hits == [only]
        nobody = search.newest(db, "Ada", 10, look_at=2)
        assert nobody.hits == [] and nobody.further is not None
        assert search.newest(db, "Ada", 10, nobody.further, look_at=2) == search.Found([only], None)
        page = search.newest(db, "5550", 2)
        assert [hit.name for hit in page.hits] == ["Cy", "Ben"]
        assert [hit.name for hit in search.newest(db, "5550", 2, page.further).hits] == ["Ada"]
