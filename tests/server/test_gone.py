"""A database that is not there any more: the daemon ends and says so, and none is made in its place (D1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.databases import file_of
from tests.server.stage import Stage, phone, until

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.mark.only("sqlite", "it moves the file")
def test_the_daemon_ends_when_its_database_is_moved_away(tmp_path: Path) -> None:
    """Also while a request is under way whose result cannot be stored."""
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.daemon().ready()
        stage.simulator.add_fault("slow;seconds=1")
        stage.join([phone(1)])
        until(lambda: bool(stage.tags()), "the message at the provider")
        path = file_of(stage.app.database)
        path.rename(path.with_name("aside.db"))
        assert daemon.code() == 2
        assert any(
            line.startswith(f"error: the database {path} was moved, replaced or deleted") for line in daemon.said
        )
        again = stage.daemon()
        assert again.code() == 2
        assert again.said[:2] == [f"error: there is no database {path}", "help: `leadoff apply` creates one"]
        assert not path.exists()
        path.with_name("aside.db").rename(path)
        stage.daemon().ready()
        until(lambda: "unknown" in stage.states() or "delivered" in stage.states(), "what became of the message")
        assert stage.tags()[stage.messages()[0].tag] == 1
