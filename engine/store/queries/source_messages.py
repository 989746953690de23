"""What webhooks brought, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.store import source_bodies
from engine.store.contacts import StoredContact
from engine.store.source_bodies import MADE_NOTHING
from engine.store.sql import AMONG, NO_LIMIT, Connection, Row, listed, rows

UNREADABLE = "unreadable"
_COLUMNS = "b.id, b.source, b.received_at, m.topic, COALESCE(m.became, 'unreadable') became, COALESCE(m.reason, b.reason) reason"


def listing(db: Connection, source: str | None, nothing: bool, limit: int | None, body: int | None = None) -> list[Row]:
    """The messages of kept bodies, the newest body first; `nothing`: those alone that made nothing."""
    where, values = (
        (f" AND (b.reason IS NOT NULL OR m.became {AMONG})", (listed(MADE_NOTHING),)) if nothing else ("", ())
    )
    return rows(
        db,
        f"SELECT {_COLUMNS} FROM source_body b LEFT JOIN source_message m ON m.body = b.id"
        f" WHERE b.source = COALESCE(?, b.source) AND b.id = COALESCE(?, b.id){where}"
        " ORDER BY b.id DESC, m.id LIMIT ?",
        (source, body, *values, NO_LIMIT if limit is None else limit),
    )


def of_person(db: Connection, who: StoredContact | None, phone: str) -> list[Row]:
    """The kept bodies of a number: those that made something of its contact, and those that name it; as they came."""
    sql = f"SELECT source, received_at, body FROM source_body WHERE id {AMONG} ORDER BY id"
    found = rows(db, sql, (listed(source_bodies.of_person(db, who, phone)),))
    return [row | {"body": bytes(row["body"]).decode("utf-8", "replace")} for row in found]


def that_made_nothing(db: Connection, source: str) -> list[int]:
    """The kept bodies of a source with a message that made nothing, or that could not be read."""
    sql = (
        f"SELECT id FROM source_body b WHERE source = ? AND (reason IS NOT NULL OR EXISTS"
        f" (SELECT 1 FROM source_message m WHERE m.body = b.id AND m.became {AMONG})) ORDER BY id"
    )
    return [id for (id,) in db.execute(sql, (source, listed(MADE_NOTHING)))]


def counts(db: Connection, since: int) -> Iterator[tuple[str, str, int]]:
    """(source, what they became, how many) of the messages since then."""
    sql = "SELECT source, became, COUNT(*) FROM source_message WHERE received_at >= ? GROUP BY source, became ORDER BY 1, 2"
    yield from db.execute(sql, (since,)).fetchall()
    sql = "SELECT source, COUNT(*) FROM source_body WHERE received_at >= ? AND reason IS NOT NULL GROUP BY source ORDER BY 1"
    for source, count in db.execute(sql, (since,)).fetchall():
        yield source, UNREADABLE, count
