"""Pictures that come with events, by their addresses: asked for, fetched, shown, and deleted once nobody needs them.

    asked for    due_at is set; a new row, or one whose picture is older than a day
    there        ref names its blob, which is stored in the same transaction
    refused      why says the reason; it is asked for again from ten minutes later on

Invariants: a row names a blob that is there, whatever crashes. A message names its blob, not the row, so it goes out with the picture that
it was written with. At most MOST_WAITING wait; more are refused at once. A blob goes when no row and no message that is to leave names it
and none was written with it for KEPT_MS.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.core.facts import PictureFact
from engine.store import blobs
from engine.store.sql import AMONG, Connection, listed, number, tuples
from engine.store.states import IS_UNSENT

MOST_WAITING = 1_000
FRESH_MS = DAY  # a shop may put another picture at the same address
LEASE_MS = 5 * MINUTE  # of who fetches it; then it is fetched by another
KEPT_MS = 14 * DAY
AT_ONCE = 500


class Due(NamedTuple):
    """A picture that is to be fetched."""

    key: str
    name: str
    attempts: int


class Fetched(NamedTuple):
    """What became of one attempt at one picture: `ref` and `data`, or why not; `again`: when it is tried again.

    `why` is None then. `for_good`: no later attempt would bring it, so one of before is no longer shown either.
    """

    name: str
    ref: str | None = None
    data: bytes = b""
    why: str | None = None
    again: int | None = None
    for_good: bool = False

    @property
    def is_there(self) -> bool:
        return self.ref is not None


class _Row(NamedTuple):
    key: str
    asked_at: int
    used_at: int
    fetched_at: int | None
    ref: str | None
    why: str | None
    due_at: int | None

    @property
    def fact(self) -> PictureFact:
        return PictureFact(self.asked_at, self.ref, self.why)

    def is_wanted(self, now: int) -> bool:
        """Whether it is to be fetched, for the first time or anew."""
        if self.due_at is not None:
            return False
        return self.fact.is_asked_again(now) if self.ref is None else now - (self.fetched_at or 0) >= FRESH_MS


def key_of(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def found(db: Connection, names: Iterable[str]) -> dict[str, PictureFact]:
    """By name, those that were asked for."""
    keys = {key_of(name): name for name in names}
    return {keys[row.key]: row.fact for row in _rows(db, keys)} if keys else {}


def ask(db: Connection, names: Iterable[str], now: int) -> None:
    """These are needed: what is not there, or too old, is to be fetched."""
    keys = {key_of(name): name for name in names}
    if not keys:
        return
    known = {row.key: row for row in _rows(db, keys)}
    wanted = sorted(key for key in keys if key not in known or known[key].is_wanted(now))
    room = MOST_WAITING - waiting(db) if wanted else 0
    db.many(
        "INSERT INTO picture (key, name, asked_at, used_at, due_at, why, attempts) VALUES (?, ?, ?, ?, ?, ?, 0) ON CONFLICT (key) DO UPDATE"
        " SET asked_at = excluded.asked_at, used_at = excluded.used_at, due_at = excluded.due_at, attempts = 0,"
        " why = CASE WHEN picture.ref IS NULL THEN excluded.why ELSE picture.why END WHERE picture.due_at IS NULL",
        [
            (key, keys[key], now, now, now if place < room else None, None if place < room else _TOO_MANY)
            for place, key in enumerate(wanted)
        ],
    )
    used = sorted(row.key for row in known.values() if row.used_at <= now - HOUR)
    db.many("UPDATE picture SET used_at = ? WHERE key = ?", [(now, key) for key in used if key not in wanted])


_TOO_MANY = f"more than {MOST_WAITING:,} pictures waited to be fetched"


def show(db: Connection, refs: Iterable[str], now: int) -> None:
    """Messages are written with these."""
    used = "UPDATE blob SET used_at = ? WHERE name = ? AND used_at <= ?"
    db.many(used, [(now, ref, now - HOUR) for ref in sorted(set(refs))])


def claim(db: Connection, now: int, limit: int) -> list[Due]:
    """Pictures that are due and that nobody else fetches."""
    sql = "SELECT p.key, p.name, p.attempts FROM picture p WHERE p.due_at <= ? ORDER BY p.due_at, p.key LIMIT ?"
    due = [Due(*row) for row in db.claim(sql, (now, limit), of="p")]
    leased = "UPDATE picture SET due_at = ?, attempts = attempts + 1 WHERE key = ?"
    db.many(leased, [(now + LEASE_MS, each.key) for each in due])
    return due


def next_due(db: Connection) -> int | None:
    return number(db, "SELECT MIN(due_at) FROM picture WHERE due_at IS NOT NULL")


def fresh(db: Connection, names: Collection[str], now: int) -> dict[str, Fetched]:
    """By name, those of them that were fetched not long ago."""
    keys = {key_of(name): name for name in names}
    rows = [row for row in _rows(db, keys) if row.ref and now - (row.fetched_at or 0) < FRESH_MS]
    stored = ((keys[row.key], row.ref, blobs.get(db, row.ref or "")) for row in rows)
    return {name: Fetched(name, ref, data) for name, ref, data in stored if data is not None}


def settle(db: Connection, fetched: Sequence[Fetched], now: int) -> None:
    """What became of attempts; the last one where a picture was fetched twice at a time."""
    last = {key_of(each.name): each for each in fetched}
    for each in last.values():
        if each.ref is not None:
            blobs.put(db, each.ref, each.data, now)
    there = {key: each for key, each in sorted(last.items()) if each.ref is not None}
    db.many(
        "INSERT INTO picture (key, name, asked_at, used_at, fetched_at, ref, why, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, 0)"
        " ON CONFLICT (key) DO UPDATE SET fetched_at = excluded.fetched_at, ref = excluded.ref, why = excluded.why, due_at = NULL",
        [(key, each.name, now, now, now, each.ref, each.why) for key, each in there.items()],
    )
    refused = [(each.why, key) for key, each in sorted(last.items()) if each.ref is None and each.for_good]
    db.many("UPDATE picture SET due_at = NULL, ref = NULL, why = ? WHERE key = ? AND due_at IS NOT NULL", refused)
    failed = [
        (each.again, each.why, key) for key, each in sorted(last.items()) if each.ref is None and not each.for_good
    ]
    db.many(
        "UPDATE picture SET due_at = ?, why = CASE WHEN ref IS NULL THEN ? ELSE why END WHERE key = ? AND due_at IS NOT NULL",
        failed,
    )


def delete_unused(db: Connection, now: int) -> list[str]:
    """Some of what nobody needs any more; the names of the blobs that are gone."""
    before = now - KEPT_MS
    old = [key for (key,) in db.execute(f"SELECT key FROM picture WHERE used_at < ? LIMIT {AT_ONCE}", (before,))]
    db.execute(f"DELETE FROM picture WHERE key {AMONG} AND used_at < ? AND due_at IS NULL", (listed(old), before))
    names = blobs.unused(db, before, AT_ONCE)
    unsent = f"SELECT DISTINCT media FROM message WHERE {IS_UNSENT} AND media {AMONG}"
    gone = sorted(set(names) - {name for (name,) in db.execute(unsent, (listed(names),))})
    return blobs.delete(db, gone, before)


def waiting(db: Connection) -> int:
    """How many wait to be fetched, counted up to MOST_WAITING."""
    few = f"SELECT 1 FROM picture WHERE due_at IS NOT NULL LIMIT {MOST_WAITING}"
    return number(db, f"SELECT COUNT(*) FROM ({few}) few") or 0


def _rows(db: Connection, keys: Mapping[str, str]) -> list[_Row]:
    sql = f"SELECT key, asked_at, used_at, fetched_at, ref, why, due_at FROM picture WHERE key {AMONG}"
    return tuples(db, _Row, sql, (listed(keys),))
