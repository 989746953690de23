"""The timeline of one contact: what happened, in order of time, and why the rest did not happen.

Invariants: all of it is read from the tables, nothing is computed again. An entry is one line for people, and has its parts for scripts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import orjson

from engine.clock import instant
from engine.core.goals import decimal, in_words
from engine.store import interned_names
from engine.store.contacts import StoredContact
from engine.store.former_numbers import CHANGED
from engine.store.interned_names import Names
from engine.store.journal import RENUMBERED
from engine.store.queries import earnings, history, listings
from engine.store.queries.listings import ListingFilter
from engine.store.queries.moment_order import LAST, CameIn, InstantOrder, told_at
from engine.store.sql import Connection, Row
from engine.store.states import HELD_OUT, OURS

TAKEN = ("accepted", "sent", "delivered", "undelivered")
DROPPED = ("cancelled", "expired", "skipped")
GONE = (*TAKEN, "failed", "unknown", "sending")
# At one place of one instant a cause comes before its effect: moment_order.py has the places.
KINDS = (
    "text", "consent", "event", "order", "click", "refused", "missed", "entered", "message", "status", "noted", "parked", "retried",
    "exited", "queued", "waits",
)  # fmt: skip
Doing = Callable[[str, str | None], str]
"""What a run does that waits at a step of a flow, in words."""
LATE = ("waits", "queued")  # what has not happened yet comes last


class TimelineEntry(NamedTuple):
    at: int
    kind: str  # one of KINDS
    what: str
    flow: str | None = None
    run: int | None = None
    step: str | None = None
    details: Mapping[str, Any] = {}


def timeline_of(
    db: Connection, who: StoredContact, doing: Doing = lambda flow, step: "waits", flow: str | None = None
) -> list[TimelineEntry]:
    """All moments; with `flow` those of its runs, and those that belong to none."""
    runs = {row["id"]: row for row in listings.runs(db, ListingFilter(contact=who.id, answers=True))}
    events, entries, known = history.events(db, who.id), history.entries(db, who.id), interned_names.load(db)
    happened = list(_happened(events, runs, known))
    found = [
        *_consents(db, who),
        *(moment for _, moment in happened),
        *_orders(db, who),
        *_journal(db, who),
        *_entered(entries, runs),
        *_messages(db, who),
        *_ends(runs, doing),
    ]
    came_in = [_came_in(row, runs, known) for row in events]
    order = InstantOrder(came_in, {row["id"]: row["cause"] for row in entries})
    places = {id(moment): float(place) for place, moment in happened}
    left: dict[int | None, list[int]] = defaultdict(list)
    for moment in found:
        if moment.kind == "message":
            left[moment.run].append(moment.at)

    def key(moment: TimelineEntry) -> tuple[bool, int, float, int]:
        at = told_at(moment.at, left[moment.run]) if moment.kind == "exited" else moment.at
        place = places.get(id(moment))
        return moment.kind in LATE, at, _place(moment, order) if place is None else place, KINDS.index(moment.kind)

    return sorted((moment for moment in found if flow is None or moment.flow in (None, flow)), key=key)


def _place(moment: TimelineEntry, order: InstantOrder) -> float:
    """Among all of its instant."""
    if moment.kind == "consent":
        return order.of_consent(moment.at, moment.details["source"])
    if moment.kind == "entered":
        return order.of_entry(moment.at, moment.run)
    if moment.kind == "message":
        return order.of_message(moment.at, moment.run, moment.step)
    return order.behind(moment.at) if moment.kind in ("refused", "missed") else LAST


def _came_in(row: Row, runs: Mapping[int, Row], known: Names) -> CameIn:
    run, data = row["run"], row["data"]
    number = data["key"][2] if row["kind"] == "status" and data.get("key") else data.get("number")
    is_about = row["kind"] in ("status", "click") and run in runs and number is not None
    return CameIn(
        row["at"],
        row["id"],
        row["kind"] != "status",
        row["kind"] == "inbound",
        str(data.get("verdict") or ""),
        (run, known.step(known.flow_ids[runs[run]["flow"]], number)) if is_about else None,
    )


def _consents(db: Connection, who: StoredContact) -> Iterator[TimelineEntry]:
    for row in history.consents(db, who.phone):
        details = {
            "status": row["status"],
            "source": row["source"],
            "proof": row["proof"],
            "expires": instant(row["expires"]),
        }
        until = f" until {details['expires']}" if row["expires"] is not None else ""
        yield TimelineEntry(row["at"], "consent", f"{row['status']}{until} ({row['source']})", details=details)


def _orders(db: Connection, who: StoredContact) -> Iterator[TimelineEntry]:
    """Each order of a goal, and to which message it is credited."""
    for order in earnings.of_contact(db, who.id):
        back = f", {in_words(order.refunded, order.currency)} given back" if order.refunded else ""
        if order.other_refunds:
            back += f", refunds in another currency, not taken off: {order.other_refunds}"
        worth = in_words(order.value, order.currency)
        details = {"goal": order.goal, "order_id": order.order_id, "how": order.how, "currency": order.currency}
        details |= {"value": decimal(order.value), "refunded": decimal(order.refunded)}
        what = f"order {order.order_id} ({order.goal}, {worth}{back}): {earnings.why(order)}"
        yield TimelineEntry(order.at, "order", what, order.flow, None, order.step, details)


def _happened(events: Iterable[Row], runs: Mapping[int, Row], known: Names) -> Iterator[tuple[int, TimelineEntry]]:
    """Each with the id of its event."""
    for row in events:
        yield from ((row["id"], moment) for moment in _told(row, runs, known))


def _told(row: Row, runs: Mapping[int, Row], known: Names) -> Iterator[TimelineEntry]:
    run = runs.get(row["run"] or 0)
    at, data, flow = row["at"], row["data"], run["flow"] if run else None
    late = " – not handled yet" if row["pending"] else ""
    if row["kind"] == "event":
        by = f" (emitted by {run['flow']})" if run else ""
        yield TimelineEntry(at, "event", row["name"] + by + late, details={"data": data})
    elif row["kind"] == "start":
        yield TimelineEntry(at, "event", f"started by hand on {row['name']}{late}", row["name"])
    elif row["kind"] == "click":
        yield TimelineEntry(at, "click", f"clicked {row['name']}{late}", flow, row["run"], data.get("step"))
    elif row["kind"] == "inbound" and "source" not in data:
        verdict = f" → {data['verdict']}" if data.get("verdict") else ""
        review = " (see `leadoff notices`)" if data.get("review") else ""
        yield TimelineEntry(at, "text", f"wrote “{data.get('text', '')}”{verdict}{review}{late}", details=data)
    elif row["kind"] == "status":
        yield from _status(row, run, known)


def _status(row: Row, run: Row | None, known: Names) -> Iterator[TimelineEntry]:
    """What a provider said last of a message; `sent` is no news to anybody."""
    status, reason = row["data"].get("status"), row["data"].get("reason")
    if status != "sent":
        what = f"{status}: {reason}" if reason else str(status)
        flow = run["flow"] if run else None
        step = known.step(known.flow_ids[flow], row["data"]["key"][2]) if flow else None
        yield TimelineEntry(row["at"], "status", what, flow, row["run"], step, {"status": status, "reason": reason})


def _journal(db: Connection, who: StoredContact) -> Iterator[TimelineEntry]:
    words = {"refused": "did not enter", "missed": "missed", "parked": "parked", "retried": "tried again", "noted": ""}
    for row in history.journal(db, who.id):
        if row["kind"] in words:
            what = ": ".join(filter(None, (words[row["kind"]], row["note"])))
            yield TimelineEntry(
                row["at"], row["kind"], what, row["flow"], row["run"], row["step"], {"reason": row["note"]}
            )
        elif row["kind"] == RENUMBERED:
            yield TimelineEntry(row["at"], "noted", f"{CHANGED}: {row['note']}", details={"reason": row["note"]})


def _entered(entries: Iterable[Row], runs: Mapping[int, Row]) -> Iterator[TimelineEntry]:
    for row in entries:
        if runs[row["id"]]["flow"] in OURS:
            continue
        details = {
            "event": row["event"],
            "deployment": row["deployment"],
            "commit": row["commit"],
            "dirty": bool(row["dirty"]),
        }
        what = "entered" + _occasion(row["occasion"])
        yield TimelineEntry(row["entered_at"], "entered", what, runs[row["id"]]["flow"], row["id"], None, details)


def _occasion(said: str | None) -> str:
    """Of a run that no event of the contact's started."""
    told = orjson.loads(said) if said else {}
    if "segment" in told:
        return f": joined the segment {told['segment']}"
    return f": by the clock, {told['when']} in {told['zone']}" if "when" in told else ""


def _messages(db: Connection, who: StoredContact) -> Iterator[TimelineEntry]:
    requests: dict[int, list[Row]] = defaultdict(list)
    for attempt in history.attempts(db, who.id):
        requests[attempt["message"]].append({key: attempt[key] for key in ("at", "outcome", "code", "detail")})
    dues = history.dues(db, who.id)
    for row in listings.messages(db, ListingFilter(contact=who.id)):
        gone = row["status"] in GONE and row["sent_at"] is not None
        kind = "queued" if row["status"] in ("queued", "held") else "message"
        # What became of it later is a moment of its own.
        state = "sent" if row["status"] in TAKEN else row["status"]
        why = f": {row['reason']}" if row["reason"] and state != "sent" else ""
        what = f"{row['kind'].upper()} {state}{why}"
        details = {
            **{
                key: row[key]
                for key in (
                    "id",
                    "kind",
                    "status",
                    "reason",
                    "parts",
                    "price",
                    "text",
                    "media",
                    "deployment",
                    "commit",
                    "provider_id",
                    "by_person",
                )
            },
            "due_at": None if row["flow"] in OURS else dues.get(row["id"]),
            "attempts": requests[row["id"]],
        }
        at = row["sent_at"] if gone else (row["settled_at"] if row["status"] in DROPPED else None) or row["queued_at"]
        yield TimelineEntry(at, kind, what, row["flow"], row["run"], row["step"], details)


def _waits(row: Row, doing: Doing) -> str:
    """`doing` knows the newest deployment alone."""
    older = row["finishes_in"]
    return (
        doing(row["flow"], row["step"]) if older is None else f"waits, and finishes as deployment {older} has the flow"
    )


def _ends(runs: Mapping[int, Row], doing: Doing) -> Iterator[TimelineEntry]:
    for id, row in runs.items():
        if row["flow"] in OURS:
            continue  # an answer or a test is shown as a message only
        if row["status"] == "exited":
            held_out = row["reason"] == HELD_OUT
            what = "held out: gets nothing of this flow" if held_out else f"left the flow: {row['reason']}"
            yield TimelineEntry(
                row["exited_at"], "exited", what, row["flow"], id, row["step"], {"reason": row["reason"]}
            )
        elif row["status"] == "waiting":
            details = {"until": row["due_at"]}
            yield TimelineEntry(
                row["due_at"] or row["entered_at"],
                "waits",
                _waits(row, doing),
                row["flow"],
                id,
                row["step"],
                details,
            )
