"""What was sent to whom. Frequency caps count marketing of all flows; the introduction (C3) asks for the first.

Invariants: a message counts if it left, may have left (also before a restore), or may still leave; not if it was cancelled, expired,
skipped or failed. An index leads to a contact's last 30 days, however long its history is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from engine.core.calendar import DAY
from engine.core.facts import MarketingHistory
from engine.core.gates.caps import SentMarketing
from engine.store import retention
from engine.store.former_numbers import PHONE
from engine.store.sql import AMONG, Connection, ListValue, listed, numbers
from engine.store.states import HAS_LEFT, IS_LEFT_OUT, IS_OPEN, MAY_LEAVE

LONGEST_WINDOW = 30 * DAY
_OF = f"contact {AMONG} AND category = 'marketing'"
NOTHING = MarketingHistory((), False)


def marketing(db: Connection, contacts: ListValue, now: int) -> Mapping[int, MarketingHistory]:
    """Of each contact of the list; a contact who got nothing is in it as well."""
    recent = recently_left(db, contacts, now)
    for contact, run, at in db.execute(
        f"SELECT contact, run, COALESCE(sent_at, queued_at) FROM message WHERE {_OF} AND {IS_OPEN}", (contacts,)
    ):
        recent[contact].append(SentMarketing(at, run))
    others = [id for id in contacts.values if id not in recent]
    before = {*_ever(db, others), *retention.were_texted(db, others)}  # in this order: a message goes after it is noted
    found = defaultdict(lambda: NOTHING, {id: MarketingHistory((), True) for id in before})
    for id, sent in recent.items():
        found[id] = MarketingHistory(tuple(sorted(sent)) if len(sent) > 1 else tuple(sent), True)
    return found


def recently_left(db: Connection, contacts: ListValue, now: int) -> dict[int, list[SentMarketing]]:
    """What has left within the longest window, oldest first."""
    found: dict[int, list[SentMarketing]] = defaultdict(list)
    for contact, run, at in db.execute(
        f"SELECT contact, run, sent_at FROM message WHERE {_OF} AND sent_at > ? AND ({HAS_LEFT} OR {IS_LEFT_OUT})"
        " ORDER BY contact, sent_at",
        (contacts, now - LONGEST_WINDOW),
    ):
        found[contact].append(SentMarketing(at, run))
    return found


def _ever(db: Connection, contacts: Collection[int] | Iterable[int]) -> list[int]:
    """Those of the contacts who got something at some time."""
    sql = (
        f"SELECT id FROM contact WHERE id {AMONG} AND EXISTS (SELECT 1 FROM message m WHERE m.contact = contact.id"
        f" AND m.category = 'marketing' AND m.sent_at IS NOT NULL AND m.{MAY_LEAVE})"
    )
    return numbers(db, sql, (listed(contacts),))


def steps_since(db: Connection, contacts: Iterable[int], flow: int, since: int) -> set[tuple[int, int]]:
    """(contact, step) of what was written in that flow later than `since`."""
    sql = f"SELECT contact, step FROM message WHERE contact {AMONG} AND flow = ? AND queued_at > ?"
    rows = db.execute(sql, (listed(contacts), flow, since))
    return set(rows.fetchall())


def contacts_of(db: Connection, ids: Iterable[int]) -> dict[int, tuple[int, str]]:
    """Message -> (contact, the number that it was for)."""
    sql = f"SELECT m.id, c.id, {PHONE} FROM message m JOIN contact c ON c.id = m.contact WHERE m.id {AMONG}"
    rows = db.execute(sql, (listed(ids),))
    return {id: (contact, phone) for id, contact, phone in rows}


def picture_of(db: Connection, message: int) -> tuple[str, str, str] | None:
    """(picture, flow, step); None where it has no picture."""
    return db.execute(  # type: ignore[no-any-return]
        "SELECT m.media, f.name, s.name FROM message m JOIN flow f ON f.id = m.flow"
        " JOIN step s ON s.flow = m.flow AND s.number = m.step WHERE m.id = ? AND m.media IS NOT NULL",
        (message,),
    ).fetchone()
