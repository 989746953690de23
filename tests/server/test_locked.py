"""A database that cannot be written: nothing is acknowledged that is not stored, and the daemon gets over it by itself (E2)."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from engine.store import contacts
from tests.databases import file_of
from tests.server.stage import Stage, phone, until

pytestmark = pytest.mark.usefixtures("each_database")

SENDER = "+18445550100"


@pytest.mark.only("sqlite", "another writer keeps all of it locked")
def test_a_locked_database_acknowledges_nothing_and_loses_nothing(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.daemon().ready()
        stage.join([phone(1)])
        stage.settle(2)
        link = stage.simulator.ledger.messages()[0].text.split()[-1]
        with closing(sqlite3.connect(file_of(stage.app.database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with ThreadPoolExecutor(3) as people:  # all wait for the database at once
                stop = people.submit(stage.simulator.text_from, phone(1), SENDER, "STOP")
                asked = people.submit(get, f"{daemon.url}/readyz")
                clicked = people.submit(get, link)
                assert get(f"{daemon.url}/healthz").status_code == 200
            assert stop.result() == 503
            assert consent(stage, phone(1)) is None
            assert asked.result().status_code == 503
            assert "the database cannot be written" in asked.result().json()["reasons"]
            # A person is led on all the same.
            assert clicked.result().headers["Location"].startswith("https://acme.example/spring?utm_source=test-shop")
            other.execute("ROLLBACK")
        until(lambda: consent(stage, phone(1)) == "unsubscribed", "the STOP that the provider brought again")
        stage.join([phone(2)])
        stage.settle(4)
        assert stage.states() == ["delivered"] * 4
        assert get(f"{daemon.url}/readyz").status_code == 200
        assert daemon.terminate() == 0


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=30)


def consent(stage: Stage, number: str) -> str | None:
    with stage.app.database.reading() as db:
        return contacts.consents(db, [number]).get(number, (None, 0))[0]
