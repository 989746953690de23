"""A database that cannot be written: nothing is acknowledged that is not stored, and the daemon gets over it by itself (E2)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx

from engine.store import contacts
from tests.daemon.stage import Stage, phone, until

SENDER = "+18445550100"


def test_a_locked_database_acknowledges_nothing_and_loses_nothing(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.daemon().ready()
        stage.join([phone(1)])
        stage.settle(2)
        link = stage.simulator.ledger.messages()[0].text.split()[-1]
        with closing(sqlite3.connect(stage.app.database.path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert stage.simulator.text_from(phone(1), SENDER, "STOP") == 503
            assert consent(stage, phone(1)) is None
            assert httpx.get(f"{daemon.url}/healthz", trust_env=False).status_code == 200
            ready = httpx.get(f"{daemon.url}/readyz", trust_env=False, timeout=20)
            assert ready.status_code == 503
            assert "the database cannot be written" in ready.json()["reasons"]
            followed = httpx.get(link, trust_env=False, timeout=20)
            assert followed.headers["Location"] == "https://acme.example/spring"  # a person is led on all the same
            other.execute("ROLLBACK")
        until(lambda: consent(stage, phone(1)) == "unsubscribed", "the STOP that the provider brought again")
        stage.join([phone(2)])
        stage.settle(4)
        assert stage.states() == ["delivered"] * 4
        assert httpx.get(f"{daemon.url}/readyz", trust_env=False).status_code == 200
        assert daemon.terminate() == 0


def consent(stage: Stage, number: str) -> str | None:
    with stage.app.database.reading() as db:
        return contacts.consents(db, [number]).get(number, (None, 0))[0]
