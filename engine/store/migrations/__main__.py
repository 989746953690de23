"""`python -m engine.store.migrations` writes schema.sql, after a new revision: what the revisions make out of nothing."""

from __future__ import annotations

import sqlite3

from sqlalchemy import create_engine

from engine.store.migrations import SCHEMA, run_revisions


def schema() -> str:
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        run_revisions(connection)
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        statements = [" ".join(line.split()) for line in driver.iterdump()]
    engine.dispose()
    return "".join(f"{statement}\n" for statement in statements if statement not in ("BEGIN TRANSACTION;", "COMMIT;"))


if __name__ == "__main__":
    SCHEMA.write_text(schema(), "utf-8")
