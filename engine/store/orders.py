"""Orders of goals: written as their events are consumed, with the last click and the last delivery before each.

    hear        a batch of the inbox: orders, refunds, and clicks and deliveries that came later than an order behind them
    renewed     an event whose data was renewed
    count_past  orders and refunds from before their goal, a stretch of events at a time
    credit_again    by other windows, a stretch of orders at a time

Invariants: an order id counts once, with the first event that has it; the same event again (its data was renewed) counts as it is now. A
refund counts once an event, whether its order is there or not; what is only told to another person (STARTS_NOTHING) is neither; and all
refunds in its currency together take off what the order is worth, never more. A click and a delivery belong to the message of a flow of the
author's; they are noted however old they are, so that other windows need nothing else. A later fact takes the place of an earlier one, and
none is taken away: what retention deletes stays noted. The last click counts if it is within the goal's window for clicks; else the last
delivery, if it is within that for deliveries; else nothing does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from engine.core.calendar import DAY
from engine.core.goals import Goal, amount, currency, order_id, own_currency
from engine.store import contacts, goals
from engine.store.deployments import secret
from engine.store.inbox import STARTS_NOTHING, Pending
from engine.store.sql import AMONG, Connection, Row, is_there, json_object, listed, numbers, rows
from engine.store.states import CLICK, EVENT, IS_PENDING, OURS, STATUS

STRETCH = 20_000
"""Events of one look at the past."""
CREDITED_AT_ONCE = 2_000
LONGEST_MS = 90 * DAY  # of `within`
BY_CLICK, BY_DELIVERY, BY_NOTHING = "click", "delivered", "none"
_KEY = "goal = ? AND order_id = ?"
_BACK = f"FROM goal_refund r WHERE r.{_KEY.replace('AND ', 'AND r.')} AND COALESCE(r.currency, goal_order.currency) = goal_order.currency"
_TAKE_OFF = (  # a sum of whole numbers of 64 bits may be too large for them, one of floats is only not exact
    f"UPDATE goal_order SET refunded = CASE WHEN (SELECT SUM(CAST(r.value AS DOUBLE PRECISION)) {_BACK}) > value THEN value"
    f" ELSE COALESCE((SELECT CAST(SUM(r.value) AS BIGINT) {_BACK}), 0) END WHERE {_KEY}"
)


class Touch(NamedTuple):
    """A click on a message, or its delivery, at an instant (UTC ms)."""

    at: int
    event: int
    run: int
    flow: int
    step: int


class _Order(NamedTuple):
    id: int
    contact: int
    at: int
    clicked_at: int | None
    delivered_at: int | None


_ORDER = "id, contact, at, clicked_at, delivered_at"


def hear(db: Connection, declared: Collection[Goal], usual: str, heard: Sequence[Pending]) -> None:
    """`heard`: consumed now; `usual`: the project's currency."""
    names = {name for goal in declared for name in (goal.event, goal.refunds and goal.refunds.event)}
    sold = [each for each in heard if each.kind == EVENT and each.contact is not None and each.name in names]
    if sold:
        _count(db, goals.ids(db, declared), declared, usual, sold)
    touched = [
        each
        for each in heard
        if each.contact is not None
        and (each.kind == CLICK or (each.kind == STATUS and each.data.get("status") == "delivered"))
    ]
    if touched:
        _late(db, touched)


def renewed(db: Connection, declared: Collection[Goal], usual: str, event: int) -> None:
    """An event has newer data. One that is not consumed yet is heard with it."""
    if declared and (found := _consumed(db, "id = ?", (event,))):
        _count(db, goals.ids(db, declared), declared, usual, found)


def count_past(db: Connection, goal: Goal, usual: str) -> bool:
    """Some orders from before it, while nobody else does; whether there may be more."""
    id = goals.ids(db, [goal]).get(goal.name)
    after = goals.claim(db, id) if id is not None else None
    if id is None or after is None:
        return False
    names = {goal.event, *((goal.refunds.event,) if goal.refunds else ())}
    up_to = after + STRETCH
    where = f"id > ? AND id <= ? AND name {AMONG} AND id <= (SELECT last FROM goal WHERE goal.id = ?)"
    events = _consumed(db, where, (after, up_to, listed(sorted(names)), id))
    contacts.lock(db, sorted({each.contact for each in events if each.contact is not None}))
    _count(db, {goal.name: id}, [goal], usual, events)
    goals.reach(db, id, up_to)
    return True


def _consumed(db: Connection, where: str, values: tuple[Any, ...]) -> list[Pending]:
    """Contacts' events that were heard before."""
    sql = (
        "SELECT id, contact, name, occurred_at, data, hops FROM event"
        f" WHERE {where} AND kind = {EVENT} AND contact > 0 AND NOT {IS_PENDING} ORDER BY id"
    )
    return [
        Pending(id, contact, EVENT, name, at, json_object(text), None, hops=hops)
        for id, contact, name, at, text, hops in db.execute(sql, values)
    ]


_Sold = dict[tuple[int, str], tuple[Any, ...]]  # by goal and order id
_Refunds = dict[tuple[int, int], tuple[Any, ...]]  # by goal and event


def _read(
    ids: Mapping[str, int], declared: Iterable[Goal], usual: str, events: Iterable[Pending]
) -> tuple[_Sold, _Refunds]:
    """Rows of goal_order and of goal_refund."""
    sold: _Sold = {}
    refunds: _Refunds = {}
    for goal in declared:
        id, back = ids.get(goal.name), goal.refunds
        if id is None:
            continue
        for each in events:
            if each.name == goal.event and (key := order_id(each.data, goal.id)) is not None:
                money, worth = currency(each.data, goal.currency, usual), max(0, amount(each.data, goal.value))
                sold.setdefault((id, key), (id, key, each.contact, each.id, each.occurred_at, money, worth))
            elif back and each.name == back.event and (key := order_id(each.data, back.id)) is not None:
                own, off = own_currency(each.data, goal.currency), abs(amount(each.data, back.value))
                refunds[id, each.id] = (id, each.id, each.contact, key, off, own)
    return sold, refunds


def _count(
    db: Connection, ids: Mapping[str, int], declared: Iterable[Goal], usual: str, events: Iterable[Pending]
) -> None:
    sold, refunds = _read(ids, declared, usual, [each for each in events if each.hops < STARTS_NOTHING])
    if refunds:
        db.many(
            "INSERT INTO goal_refund (goal, event, contact, order_id, value, currency) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (goal, event) DO UPDATE SET order_id = excluded.order_id, value = excluded.value, currency = excluded.currency",
            [refunds[key] for key in sorted(refunds)],
        )
    for counted in _forgotten(db, sold) if sold else ():
        del sold[counted]
    if sold:
        db.many(
            "INSERT INTO goal_order (goal, order_id, contact, event, at, currency, value) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (goal, order_id) DO UPDATE SET at = excluded.at, currency = excluded.currency, value = excluded.value"
            " WHERE goal_order.event = excluded.event",
            [sold[key] for key in sorted(sold)],
        )
        _touch(db, [row[3] for row in sold.values()])
    keys = sorted({*sold, *((row[0], row[3]) for row in refunds.values())})
    db.many(_TAKE_OFF, [(*key, *key, *key) for key in keys])
    changed = f"SELECT id FROM goal_order WHERE goal {AMONG} AND order_id {AMONG}"
    _credit(db, numbers(db, changed, (listed({goal for goal, _ in keys}), listed({order for _, order in keys}))))


def credit_again(db: Connection, goal: int) -> bool:
    """Some orders of a goal whose windows have changed, while nobody else does; whether there may be more."""
    after = goals.claim_crediting(db, goal)
    if after is None:
        return False
    found = numbers(
        db,
        "SELECT id FROM goal_order WHERE id > ? AND goal + 0 = ? ORDER BY id LIMIT ?",
        (after, goal, CREDITED_AT_ONCE),
    )
    _credit(db, found)
    goals.credit_up_to(db, goal, found[-1] if found else None)
    return bool(found)


def _credit(db: Connection, orders: Collection[int]) -> None:
    """By what is noted with them, and the windows of now. Only what changes is written."""
    rows = db.execute(
        "SELECT o.id, o.net, o.how, o.flow, o.step, o.at, o.value, o.refunded, g.click, g.delivered, o.clicked_at, o.clicked_flow,"
        " o.clicked_step, o.delivered_at, o.delivered_flow, o.delivered_step FROM goal_order o JOIN goal g ON g.id = o.goal"
        f" WHERE o.id {AMONG}",
        (listed(orders),),
    ).fetchall()
    made = ((id, before, _credited(*about)) for id, *before, about in ((*row[:5], row[5:]) for row in rows))
    changed = [(*now, id) for id, before, now in made if now != tuple(before)]
    if changed:
        db.many("UPDATE goal_order SET net = ?, how = ?, flow = ?, step = ? WHERE id = ?", changed)


def _credited(
    at: int,
    value: int,
    refunded: int,
    click: int,
    delivered: int,
    clicked_at: int | None,
    clicked_flow: int | None,
    clicked_step: int | None,
    delivered_at: int | None,
    delivered_flow: int | None,
    delivered_step: int | None,
) -> tuple[int, str, int | None, int | None]:
    """Net, how, flow and step. A window of 0 is off."""
    net = max(0, value - refunded)
    if click and clicked_at is not None and clicked_at >= at - click:
        return net, BY_CLICK, clicked_flow, clicked_step
    if delivered and delivered_at is not None and delivered_at >= at - delivered:
        return net, BY_DELIVERY, delivered_flow, delivered_step
    return net, BY_NOTHING, None, None


def _touch(db: Connection, events: Collection[int]) -> None:
    """The orders of these events: the last click and the last delivery before each."""
    sql = f"SELECT {_ORDER} FROM goal_order WHERE event {AMONG}"
    found = [_Order(*row) for row in db.execute(sql, (listed(events),))]
    if found:
        whose, since = listed({each.contact for each in found}), min(each.at for each in found) - LONGEST_MS
        where = f"e.contact {AMONG} AND e.occurred_at >= ?"
        _note(db, found, _clicks(db, where, (whose, since)), _deliveries(db, where, (whose, since)))


def _late(db: Connection, touched: Sequence[Pending]) -> None:
    """Facts that are older than an order which is counted already."""
    whose = listed({each.contact for each in touched if each.contact is not None})
    sql = f"SELECT {_ORDER} FROM goal_order WHERE contact {AMONG} AND at >= ?"
    found = [_Order(*row) for row in db.execute(sql, (whose, min(each.occurred_at for each in touched)))]
    if found:
        these = (listed(each.id for each in touched),)
        _note(db, found, _clicks(db, f"e.id {AMONG}", these), _deliveries(db, f"e.id {AMONG}", these))
        _credit(db, [order.id for order in found])


Touches = dict[int, list[Touch]]
"""By contact."""
_OF_AN_AUTHOR = f"r.flow NOT IN (SELECT f.id FROM flow f WHERE f.name IN {OURS}) AND NOT e.{IS_PENDING}"


def _clicks(db: Connection, where: str, values: tuple[Any, ...]) -> Touches:
    return _by_contact(
        db.execute(
            "SELECT e.contact, e.occurred_at, e.id, r.id, r.flow, CAST(e.data ->> 'number' AS INTEGER) FROM event e"
            f" JOIN run r ON r.id = e.run WHERE {where} AND e.kind = {CLICK} AND e.data ->> 'number' IS NOT NULL AND {_OF_AN_AUTHOR}",
            values,
        )
    )


def _deliveries(db: Connection, where: str, values: tuple[Any, ...]) -> Touches:
    return _by_contact(
        db.execute(
            "SELECT e.contact, e.occurred_at, e.id, r.id, r.flow, CAST(e.data -> 'key' ->> 2 AS INTEGER) FROM event e"
            f" JOIN run r ON r.id = e.run WHERE {where} AND e.kind = {STATUS} AND e.data ->> 'status' = 'delivered' AND {_OF_AN_AUTHOR}",
            values,
        )
    )


def _by_contact(found: Iterable[tuple[int, ...]]) -> Touches:
    touches: Touches = {}
    for contact, *touch in found:
        touches.setdefault(contact, []).append(Touch(*touch))
    return touches


def _note(db: Connection, orders: Iterable[_Order], clicks: Touches, deliveries: Touches) -> None:
    for what, touches in (("clicked", clicks), ("delivered", deliveries)):
        changed = []
        for order in orders:
            before = order.clicked_at if what == "clicked" else order.delivered_at
            found = max((each for each in touches.get(order.contact, ()) if each.at <= order.at), default=None)
            if found is not None and (before is None or found.at >= before):
                changed.append((found.at, found.run, found.flow, found.step, order.id))
        sql = f"UPDATE goal_order SET {what}_at = ?, {what}_run = ?, {what}_flow = ?, {what}_step = ? WHERE id = ?"
        if changed:
            db.many(sql, changed)


def forget(db: Connection, contact: int) -> None:
    """What its orders came to stays, under keyed hashes of their ids: one that comes again is counted once all the same."""
    key = secret(db)
    theirs = "SELECT id, order_id FROM goal_order WHERE contact = ? AND order_id IS NOT NULL"
    db.many(
        "UPDATE goal_order SET contact = -contact, order_id = ?, event = NULL WHERE id = ?",
        [(_hash(key, order), id) for id, order in db.execute(theirs, (contact,)).fetchall()],
    )
    db.execute("DELETE FROM goal_refund WHERE contact = ?", (contact,))


def _forgotten(db: Connection, keys: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of (goal, order id) whose order is counted and its contact forgotten. Free while nobody is."""
    if not is_there(db, "SELECT 1 FROM goal_order WHERE contact < 0 LIMIT 1"):
        return set()
    secret_key, among = secret(db), list(keys)
    hashes = {_hash(secret_key, order): order for _, order in among}
    sql = f"SELECT goal, order_id FROM goal_order WHERE goal {AMONG} AND order_id {AMONG} AND contact + 0 < 0"
    found = db.execute(sql, (listed({goal for goal, _ in among}), listed(hashes)))
    return {(goal, hashes[hash]) for goal, hash in found}


def _hash(key: bytes, order: str) -> str:
    return blake2b(order.encode("utf-8", "surrogatepass"), key=key, person=b"order", digest_size=32).hexdigest()


def of_contact(db: Connection, contact: int) -> list[Row]:
    """What is kept of its orders, for somebody who asks what that is."""
    return rows(
        db,
        "SELECT g.name goal, o.order_id, o.at, o.currency, o.value, o.refunded, o.clicked_at, o.delivered_at FROM goal_order o"
        " JOIN goal g ON g.id = o.goal WHERE o.contact = ? ORDER BY o.at, o.id",
        (contact,),
    )
