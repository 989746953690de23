"""What people did is added to the tally: clicks, replies and opt-outs.

Invariants: a contact counts once at a step, with the first click or text that belongs to it. A text belongs to the last message that was
sent to the contact before it, of any flow. The last click of a contact at a step that is deleted is noted beside the others (GONE).
"""

from __future__ import annotations

from collections.abc import Collection

from engine.store.counts import Key
from engine.store.sql import AMONG, Connection, Values, listed, numbers
from engine.store.states import CLICK, CLICKED, GONE, INBOUND, IS_PENDING, OPTED_OUT, REPLIED


def _clicked(event: str, run: str, step: str) -> str:
    """Clicks that are consumed, each with its run and step. Of an older one the step's number is not known, but its name."""
    number = f"CAST({event}.data ->> 'number' AS INTEGER)"
    return (
        f"event {event} JOIN run {run} ON {run}.id = {event}.run JOIN step {step} ON {step}.flow = {run}.flow"
        f" AND CASE WHEN {number} IS NULL THEN {step}.name = {event}.data ->> 'step' ELSE {step}.number = {number} END"
        f" WHERE {event}.kind = {CLICK} AND NOT {event}.{IS_PENDING}"
    )


def _whom(which: str) -> str:
    return (
        "SELECT flow, number, COUNT(*) FROM (SELECT DISTINCT r.flow, s.number, e.contact FROM"
        f" {_clicked('e', 'r', 's')} AND {which}) found GROUP BY flow, number"
    )


_CLICKS = _whom("TRUE")
_NO_OTHER = _whom(
    f"e.id {AMONG} AND NOT EXISTS (SELECT 1 FROM {_clicked('p', 'b', 't')} AND p.contact = e.contact AND b.flow = r.flow"
    f" AND t.number = s.number AND NOT p.id {AMONG})"
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
    _count_clicks(db, now, events, CLICKED)


def clicks_go(db: Connection, where: str, values: Values) -> None:
    """Clicks of which `where` (SQL over event) is true, or their runs, are deleted next."""
    events = numbers(db, f"SELECT id FROM event WHERE {where} AND kind = {CLICK}", values)
    if events:
        _count_clicks(db, 0, events, GONE + CLICKED)


def _count_clicks(db: Connection, now: int, events: Collection[int], what: int) -> None:
    """Of these the contacts that have no other click at the same step."""
    these = listed(events)
    for flow, step, n in db.execute(_NO_OTHER, (these, these)).fetchall():
        db.counts.add(now, Key(flow, what, step), n)


def clicks(db: Connection) -> dict[Key, int]:
    """What the tables hold: at each step the contacts that have clicked."""
    return {Key(flow, CLICKED, step): n for flow, step, n in db.execute(_CLICKS)}


def add_texts(db: Connection, now: int, events: Collection[int]) -> None:
    """`events`: texts of people that are consumed now."""
    for what, sql in ((REPLIED, _REPLIES), (OPTED_OUT, _STOPS)):
        for flow, step, deployment, n in db.execute(sql, (listed(events),)).fetchall():
            db.counts.add(now, Key(flow, what, step, deployment), n)
