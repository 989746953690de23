"""What people did is added to the tally: clicks, replies and opt-outs.

Invariants: a contact counts once at a step, with the first click or text that belongs to it. A text belongs to the last message that was
sent to the contact before it, of any flow.
"""

from __future__ import annotations

from collections.abc import Collection

from engine.store.counts import Key
from engine.store.sql import AMONG, Connection, listed
from engine.store.states import CLICK, CLICKED, INBOUND, OPTED_OUT, REPLIED

_CLICKS = (
    "SELECT r.flow, s.number, COUNT(*) FROM event e JOIN run r ON r.id = e.run"
    " JOIN step s ON s.flow = r.flow AND s.name = e.data ->> 'step'"
    f" WHERE e.id {AMONG} AND e.kind = {CLICK} AND NOT EXISTS (SELECT 1 FROM event p JOIN run b ON b.id = p.run"
    f" WHERE p.contact = e.contact AND p.kind = {CLICK} AND p.id < e.id AND b.flow = r.flow"
    " AND p.data ->> 'step' = e.data ->> 'step') GROUP BY r.flow, s.number"
)


def _last_before(event: str) -> str:
    return (
        f"(SELECT s.id FROM message s WHERE s.contact = {event}.contact AND s.sent_at <= {event}.occurred_at"
        " ORDER BY s.sent_at DESC, s.id DESC LIMIT 1)"
    )


_REPLIES = (
    "SELECT m.flow, m.step, m.deployment, COUNT(*) FROM event e"
    f" JOIN message m ON m.id = {_last_before('e')} WHERE e.id {AMONG} AND e.kind = {INBOUND} AND e.data ->> 'source' IS NULL"
    f" AND NOT EXISTS (SELECT 1 FROM event p JOIN message b ON b.id = {_last_before('p')} WHERE p.contact = e.contact"
    f" AND p.kind = {INBOUND} AND p.data ->> 'source' IS NULL AND p.id < e.id AND b.flow = m.flow AND b.step = m.step)"
    " GROUP BY m.flow, m.step, m.deployment"
)
_STOPS = (
    "SELECT m.flow, m.step, m.deployment, COUNT(*) FROM event e"
    f" JOIN message m ON m.id = {_last_before('e')} WHERE e.id {AMONG} AND e.kind = {INBOUND} AND e.data ->> 'verdict' = 'stop'"
    " AND (e.data ->> 'source' IS NULL OR e.data ->> 'source' LIKE 'provider %') GROUP BY m.flow, m.step, m.deployment"
)


def add_clicks(db: Connection, now: int, events: Collection[int]) -> None:
    """`events`: clicks that are consumed now."""
    for flow, step, n in db.execute(_CLICKS, (listed(events),)).fetchall():
        db.counts.add(now, Key(flow, CLICKED, step), n)


def add_texts(db: Connection, now: int, events: Collection[int]) -> None:
    """`events`: texts of people that are consumed now."""
    for what, sql in ((REPLIED, _REPLIES), (OPTED_OUT, _STOPS)):
        for flow, step, deployment, n in db.execute(sql, (listed(events),)).fetchall():
            db.counts.add(now, Key(flow, what, step, deployment), n)
