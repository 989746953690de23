"""Codes of coupons: which are free, and which contact has which.

Invariants: a code is given in the transaction of the sprint whose message shows it, to a contact with whom nobody else works then. A code
that was given is never given again, also not when its contact is forgotten; the database refuses a contact a second code of a pool while
it has one. What was free when a database was put back is held back: it may have been given since the backup.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.core.context import Coupon
from engine.core.effects import Effect, TakeCoupon
from engine.core.facts import CouponFact
from engine.language.diagnostics.findings import counted
from engine.store import meta, notices
from engine.store.sql import AMONG, Connection, Row, listed, number, rows

NOTICE = "coupon"
_IS_FREE = "pool = ? AND given_at IS NULL AND id > ?"
_FREE = f"SELECT k.id, k.code FROM coupon_code k WHERE {_IS_FREE} ORDER BY k.id LIMIT ?"


class Stock:
    """The codes of one batch of runs, of these pools and contacts: what each contact has, and what it can get until the commit."""

    def __init__(
        self,
        db: Connection,
        declared: Mapping[str, Coupon],
        pools: Iterable[str],
        contacts: Collection[int],
        now: int,
    ) -> None:
        """`now`: UTC ms."""
        self._db, self._now = db, now
        self._pools = {name: _Pool(db, name, declared[name], contacts, now) for name in sorted(pools)}

    def of(self, contact: int) -> dict[str, CouponFact | None]:
        """What each pool has for that contact at this moment; None: nothing."""
        return {name: pool.of(contact) for name, pool in self._pools.items()}

    def take(self, contact: int, effects: Iterable[Effect]) -> None:
        """These are done: the codes that they take are that contact's from now on."""
        for effect in effects:
            if type(effect) is TakeCoupon:
                self._pools[effect.pool].take(contact, effect.code)

    def give(self) -> None:
        """Write down what was taken, and say where little or nothing is left."""
        for name, pool in self._pools.items():
            if pool.taken and give(self._db, name, pool.taken, self._now) != len(pool.taken):
                raise RuntimeError(f"a code of {name} was given by somebody else")
            if pool.taken or pool.was_short:
                _tell_what_is_left(self._db, name, pool.low, self._now)


class _Pool:
    def __init__(self, db: Connection, name: str, about: Coupon, contacts: Collection[int], now: int) -> None:
        self.low = about.low
        self.was_short = False
        self.taken: dict[int, int] = {}  # contact -> id of the code
        self._free: deque[CouponFact] = deque()
        if about.made_up:
            self._own = dict.fromkeys(contacts, CouponFact(about.sample))
            return
        since = 0 if about.lasts is None else now - about.lasts
        self._own = {contact: CouponFact(code) for contact, code in own(db, name, contacts, since).items()}
        wanted = len(set(contacts)) - len(self._own)
        if wanted:
            self._free.extend(CouponFact(code, id) for id, code in _claimed(db, name, wanted))
            self.was_short = len(self._free) < wanted

    def of(self, contact: int) -> CouponFact | None:
        return self._own.get(contact) or (self._free[0] if self._free else None)

    def take(self, contact: int, id: int) -> None:
        if self.taken.get(contact) == id:
            return  # two messages of a sprint show it
        found = self._free.popleft()
        assert found.free == id
        self.taken[contact] = id
        self._own[contact] = CouponFact(found.code)


def own(db: Connection, pool: str, contacts: Collection[int], since: int) -> dict[int, str]:
    """Contact -> its code of the pool, of those of whom it was given later than `since`."""
    sql = f"SELECT contact, code FROM coupon_code WHERE contact {AMONG} AND pool = ? AND given_at > ?"
    return dict(db.execute(sql, (listed(contacts), pool, since)).fetchall())


def claim(db: Connection, pool: str, count: int) -> list[tuple[int, str]]:
    """(id, code) of at most so many free codes that nobody else gives before the commit; those that others have claimed are left out."""
    return db.claim(_FREE, (pool, held_up_to(db, pool), count), of="k").fetchall()


def claim_last(db: Connection, pool: str, count: int) -> list[tuple[int, str]]:
    """The same, of what is left when those who have claimed some are done."""
    return db.lock(_FREE, (pool, held_up_to(db, pool), count), of="k").fetchall()


def _claimed(db: Connection, pool: str, count: int) -> list[tuple[int, str]]:
    """Fewer than `count` only where there are no more."""
    found = claim(db, pool, count)
    while len(found) < count and left(db, pool, len(found) + 1) > len(found):
        found = claim_last(db, pool, count)
    return found


def give(db: Connection, pool: str, taken: Mapping[int, int], now: int) -> int:
    """Contact -> the id of the claimed code that it gets; the one that it had is over. How many were given."""
    expired = f"UPDATE coupon_code SET contact = NULL WHERE contact {AMONG} AND pool = ?"
    db.execute(expired, (listed(taken), pool))
    given = "UPDATE coupon_code SET contact = ?, given_at = ? WHERE id = ? AND given_at IS NULL"
    return db.many(given, [(contact, now, id) for contact, id in taken.items()]).rowcount


def left(db: Connection, pool: str, most: int) -> int:
    """How many codes are free, counted up to `most`."""
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM coupon_code WHERE {_IS_FREE} LIMIT ?) few"
    return number(db, sql, (pool, held_up_to(db, pool), most)) or 0


def _tell_what_is_left(db: Connection, pool: str, low: int, now: int) -> None:
    """Once for each time that it was filled."""
    count = left(db, pool, low + 1)
    if count > low:
        return
    how_full = "low" if count else "empty"
    held = "; codes from before the database was put back are held back" if held_up_to(db, pool) else ""
    said = f"the coupon {pool} has {counted(count, 'code')} left" if count else f"the coupon {pool} has no code left"
    note = f"{said}{held}: `leadoff coupons import {pool} FILE`"
    notices.add(db, NOTICE, _subject(db, pool, how_full), None, now, note)


def _subject(db: Connection, pool: str, how_full: str) -> str:
    return f"coupon:{how_full}:{pool}:{_filled(db, pool)}"


def _filled(db: Connection, pool: str) -> int:
    """How often codes came into it."""
    return int(meta.get(db, f"{meta.COUPONS_FILLED}:{pool}") or 0)


def _fill(db: Connection, pool: str, now: int) -> None:
    """What was said of it being low or empty is done with, and will be said anew."""
    for how_full in ("low", "empty"):
        notices.finish_about(db, _subject(db, pool, how_full), now)
    meta.put(db, f"{meta.COUPONS_FILLED}:{pool}", str(_filled(db, pool) + 1))


class Added(NamedTuple):
    """What became of codes that were brought in."""

    new: int
    already: int  # in this pool
    elsewhere: int  # in another pool


def add(db: Connection, pool: str, codes: Collection[str], now: int) -> Added:
    """Codes for a pool, each once. One that any pool has, in whatever case, stays where it is."""
    folded = {code.lower(): code for code in codes}
    sql = f"SELECT folded, pool FROM coupon_code WHERE folded {AMONG}"
    known = dict(db.execute(sql, (listed(folded),)).fetchall())
    fresh = [(pool, code, small) for small, code in folded.items() if small not in known]
    insert = "INSERT INTO coupon_code (pool, code, folded) VALUES (?, ?, ?) ON CONFLICT (folded) DO NOTHING"
    new = db.many(insert, fresh).rowcount if fresh else 0
    elsewhere = sum(name != pool for name in known.values())
    if new:
        _fill(db, pool, now)
    return Added(new, len(codes) - new - elsewhere, elsewhere)


def held_up_to(db: Connection, pool: str) -> int:
    """The id up to which free codes are held back; 0: none."""
    return int(meta.get(db, f"{meta.COUPONS_HELD}:{pool}") or 0)


def hold_all(db: Connection) -> int:
    """What is free now may have been given by what the database does not know: none is given until `release`. How many there are."""
    sql = "SELECT pool, MAX(id), COUNT(*) FROM coupon_code WHERE given_at IS NULL GROUP BY pool"
    found = db.execute(sql).fetchall()
    for pool, last, _ in found:
        meta.put(db, f"{meta.COUPONS_HELD}:{pool}", str(last))
    return sum(count for _, _, count in found)


def release(db: Connection, pool: str, now: int) -> int:
    """A person says that none of them was given: how many are free again."""
    last = held_up_to(db, pool)
    meta.remove(db, f"{meta.COUPONS_HELD}:{pool}")
    _fill(db, pool, now)
    sql = "SELECT COUNT(*) FROM coupon_code WHERE pool = ? AND given_at IS NULL AND id <= ?"
    return number(db, sql, (pool, last)) or 0


def left_by_pool(db: Connection, pools: Sequence[str]) -> dict[str, int]:
    """How many codes are free in each of these."""
    sql = f"SELECT COUNT(*) FROM coupon_code WHERE {_IS_FREE}"
    return {pool: number(db, sql, (pool, held_up_to(db, pool))) or 0 for pool in pools}


def counts(db: Connection, lasts: Mapping[str, int | None], now: int) -> list[Row]:
    """Of each pool that is declared or holds codes: pool, left, given, expired (of the given ones), held. `lasts` as of Coupon."""
    found = []
    sql = (
        "SELECT COUNT(*) AS every, COUNT(given_at) AS given, COALESCE(SUM(CASE WHEN given_at <= ? THEN 1 ELSE 0 END), 0) AS expired"
        " FROM coupon_code WHERE pool = ?"
    )
    held = {pool for (pool,) in db.execute("SELECT DISTINCT pool FROM coupon_code")}
    for pool in sorted({*lasts, *held}):
        term = lasts.get(pool)
        (row,) = rows(db, sql, (0 if term is None else now - term, pool))
        free = left_by_pool(db, [pool])[pool]
        back = row["every"] - row["given"] - free
        found.append(
            {"coupon": pool, "left": free, "given": row["given"], "expired": int(row["expired"]), "held_back": back}
        )
    return found


def of_contact(db: Connection, contact: int) -> list[Row]:
    """The codes that it has: pool, code, given_at."""
    return rows(db, "SELECT pool, code, given_at FROM coupon_code WHERE contact = ? ORDER BY pool", (contact,))


def forget(db: Connection, contact: int) -> None:
    """Its codes stay given, and nobody has them."""
    db.execute("UPDATE coupon_code SET contact = NULL WHERE contact = ?", (contact,))
