"""Reports of providers: which message is meant, and what a report changes.

Invariants: a report never leads backwards, nor out of a final state (M7). A report about an unknown message is kept for three days, until
a message gets that provider's id.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine.core.calendar import DAY
from engine.store import tally
from engine.store.sql import AMONG, Connection, first, is_there, listed, numbers
from engine.store.states import FAR, HELD, REPORT_FOLLOWS, REPORTABLE, UNKNOWN, settled_at

KEPT_MS = 3 * DAY
AT_ONCE = 2_000
Key = tuple[int, int, int]
"""A message as (contact, run, step): providers get it as a tag."""


class Reported(NamedTuple):
    """A message that a report is about."""

    id: int
    contact: int
    run: int
    step: int
    flow: int
    status: int
    sender: str
    category: str
    media: str | None
    due_at: int
    expires_at: int | None
    price: int
    sent_at: int | None
    provider_id: str | None

    @property
    def key(self) -> Key:
        return self.contact, self.run, self.step

    @property
    def open(self) -> bool:
        """Whether its provider may still report that it failed; held until FAR, it waits for its `otherwise`."""
        return self.status in REPORTABLE or (self.status == HELD and self.due_at == FAR)


def message(db: Connection, key: Key) -> Reported | None:
    sql = (
        "SELECT id, contact, run, step, flow, status, sender, category, media, due_at, expires_at, price, sent_at, provider_id"
        " FROM message WHERE contact = ? AND run = ? AND step = ?"
    )
    return first(db, Reported, sql, key)


def key_of(db: Connection, id: int) -> Key:
    return db.execute("SELECT contact, run, step FROM message WHERE id = ?", (id,)).fetchone()  # type: ignore[no-any-return]


def key_by_provider_id(db: Connection, sender: str, provider_id: str) -> Key | None:
    sql = "SELECT contact, run, step FROM message WHERE provider_id = ? AND sender = ?"
    return db.execute(sql, (provider_id, sender)).fetchone()  # type: ignore[no-any-return]


def sent_again_since(db: Connection, key: Key, provider_id: str, outside_ids: Sequence[str], before: int) -> bool:
    """Whether one of these reports came before that event, and the message has another provider's id, or none, since."""
    row = db.execute(
        "SELECT 1 FROM message m JOIN event e ON e.contact = m.contact WHERE m.contact = ? AND m.run = ? AND m.step = ?"
        f" AND m.provider_id IS DISTINCT FROM ? AND e.outside_id {AMONG} AND e.id < ?",
        (*key, provider_id, listed(outside_ids), before),
    ).fetchone()
    return row is not None


def apply_status(
    db: Connection,
    key: tuple[int, int, int],
    state: int,
    provider_id: str | None,
    reason: str | None,
    now: int,
    at: int | None = None,
) -> bool:
    """A provider's callback of the instant `at` for the message (contact, run, step); False when it changes nothing."""
    sql = f"SELECT {tally.MESSAGE}, id FROM message WHERE contact = ? AND run = ? AND step = ?"
    row = db.lock(sql, key, of="message").fetchone()
    if row is None or (before := tally.Message._make(row[:-1])).status not in REPORT_FOLLOWS[state]:
        return False
    db.execute(
        "UPDATE message SET status = ?, settled_at = ?, provider_id = COALESCE(provider_id, ?),"
        " reason = COALESCE(?, CASE WHEN status = ? THEN NULL ELSE reason END) WHERE id = ?",
        (state, settled_at(state, now if at is None else at), provider_id, reason, UNKNOWN, row[-1]),
    )
    after = before._replace(status=state, reason=None, has_id=1 if provider_id else before.has_id)
    tally.became(db, now, {before: 1}, {after: 1})
    return True


def keep(db: Connection, sender: str, provider_id: str, report: str, now: int) -> bool:
    """The same report is kept once; whether it is new."""
    same = "SELECT 1 FROM aside WHERE sender = ? AND provider_id = ? AND report = ?"
    if is_there(db, same, (sender, provider_id, report)):
        return False
    sql = "INSERT INTO aside (sender, provider_id, report, at) VALUES (?, ?, ?, ?)"
    db.execute(sql, (sender, provider_id, report, now))
    return True


def of_known(db: Connection, limit: int) -> list[tuple[str, str]]:
    """(sender, provider's id) of reports that are kept although their message is known by now: both came at the same moment."""
    sql = (
        "SELECT DISTINCT a.sender, a.provider_id FROM aside a JOIN message m ON m.provider_id = a.provider_id AND m.sender = a.sender"
        " WHERE m.provider_id IS NOT NULL LIMIT ?"
    )
    return [(sender, id) for sender, id in db.execute(sql, (limit,))]


def take(db: Connection, sender: str, provider_ids: Sequence[str]) -> list[str]:
    """The reports on these, in the order in which they came; they are kept no longer."""
    sql = f"SELECT id, report FROM aside WHERE sender = ? AND provider_id {AMONG} ORDER BY id"
    found = db.claim(sql, (sender, listed(provider_ids)), of="aside").fetchall()
    db.many("DELETE FROM aside WHERE id = ?", [(id,) for id, _ in found])
    return [report for _, report in found]


def forget(db: Connection, now: int) -> int:
    """Housekeeping: of the oldest AT_ONCE, those whose message is still not known; how many there were."""
    oldest = numbers(db, f"SELECT id FROM aside ORDER BY id LIMIT {AT_ONCE}")
    return db.execute(f"DELETE FROM aside WHERE at < ? AND id {AMONG}", (now - KEPT_MS, listed(oldest))).rowcount
