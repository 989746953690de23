"""What webhooks brought, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.store import source_bodies
from engine.store.contacts import StoredContact
from engine.store.source_bodies import FORGOTTEN, MADE_NOTHING
from engine.store.sql import AMONG, NO_LIMIT, Connection, Row, is_there, listed, rows

UNREADABLE = "unreadable"
_COLUMNS = "b.id, b.source, b.received_at, m.topic, COALESCE(m.became, 'unreadable') became, COALESCE(m.reason, b.reason) reason"
_OF_NO_BODY = "m.body, m.source, m.received_at, m.topic, m.became, m.reason"


def listing(db: Connection, source: str | None, nothing: bool, limit: int | None, body: int | None = None) -> list[Row]:
    """The messages of kept bodies, the newest body first, and the requests to forget somebody, of which no body is kept; `nothing`: those
    alone that made nothing."""
    of_bodies = (
        f"SELECT {_COLUMNS}, m.id message FROM source_body b LEFT JOIN source_message m ON m.body = b.id"
        " WHERE b.source = COALESCE(?, b.source) AND b.id = COALESCE(?, b.id)"
    )
    more: tuple[object, ...] = (listed(MADE_NOTHING),)
    if nothing:
        sql = f"{of_bodies} AND (b.reason IS NOT NULL OR m.became {AMONG})"
    else:
        sql = (
            f"{of_bodies} UNION ALL SELECT {_OF_NO_BODY}, m.id FROM source_message m"
            " WHERE m.source = COALESCE(?, m.source) AND m.body = COALESCE(?, m.body) AND m.became = ?"
        )
        more = (source, body, FORGOTTEN)
    values = (source, body, *more, NO_LIMIT if limit is None else limit)
    found = rows(db, f"{sql} ORDER BY 1 DESC, message LIMIT ?", values)
    return [{name: value for name, value in row.items() if name != "message"} for row in found]


def is_any_not_taken(db: Connection, source: str) -> bool:
    """Whether a kept body cannot be read, or has a message that was meant as an event and could not become one."""
    sql = (
        "SELECT 1 FROM source_body b WHERE b.source = ? AND (b.reason IS NOT NULL OR EXISTS"
        " (SELECT 1 FROM source_message m WHERE m.body = b.id AND m.became = 'not taken'))"
    )
    return is_there(db, sql, (source,))


def of_person(db: Connection, who: StoredContact | None, phone: str, before: Iterable[str] = ()) -> list[Row]:
    """The kept bodies of a number: those that made something of its contact, and those that name it; as they came."""
    sql = f"SELECT source, received_at, body FROM source_body WHERE id {AMONG} ORDER BY id"
    found = rows(db, sql, (listed(source_bodies.of_person(db, who, phone, before)),))
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
