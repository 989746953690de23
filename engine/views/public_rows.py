"""Runs, messages and flows as scripts see them, on the command line and over HTTP: the keys are those of the documented interface.

Invariants: instants are ISO 8601 in UTC, money is in units of the currency, and a row says what a name in leadoff.yaml means today.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from engine.clock import instant
from engine.deploy.summary import Summary
from engine.store import stopping
from engine.store.database import Database
from engine.store.queries import history, listings
from engine.store.queries.listings import ListingFilter
from engine.store.sql import Connection, Row
from engine.views import consents

RUN_KEYS = ("id", "flow", "deployment", "contact", "step", "status", "due_at", "waiting_for", "entered_at")
MESSAGE_KEYS = (
    "id", "run", "flow", "deployment", "commit", "step", "contact", "kind", "status", "reason", "parts", "price", "provider",
    "provider_id", "attempts", "queued_at", "sent_at", "text",
)  # fmt: skip
CONTACT_INSTANTS = ("consent_at", "consent_expires", "created_at", "updated_at")
FLOW_KEYS = ("id", "flow", "category", "revision", "deployed", "paused_at", "waiting", "parked", "queued", "missed")


def only(keys: Sequence[str], rows: Sequence[Row]) -> list[Row]:
    """The documented keys, in their order."""
    return [{key: row[key] for key in keys} for row in rows]


def paged(
    database: Database,
    listing: Callable[[Connection, ListingFilter, Summary | None], list[Row]],
    wanted: ListingFilter,
    summary: Summary | None,
) -> Iterator[Row]:
    """Any of these listings, a page at a time."""
    return listings.paged(database, lambda db, page: listing(db, page, summary), wanted)


def runs(db: Connection, wanted: ListingFilter, summary: Summary | None) -> list[Row]:
    """`reason` and `exited_at` beside the documented keys."""
    rows = listings.runs(db, wanted)
    for row in rows:
        row["reason"] = row["reason"] or row["held"]
        follows = row["status"] == "waiting" and row["finishes_in"] is None
        step = summary.step(row["flow"], row["step"]) if summary and follows else None
        row["waiting_for"] = list(step.listens) if step else []
        row |= {key: instant(row[key]) for key in ("due_at", "entered_at", "exited_at")}
    return rows


def messages(db: Connection, wanted: ListingFilter, summary: Summary | None) -> list[Row]:
    rows = listings.messages(db, wanted)
    senders = summary.senders if summary else {}
    for row in rows:
        sender, _ = row.pop("sender"), row.pop("settled_at")
        row["provider"] = senders.get(sender, sender)
        row |= {key: instant(row[key]) for key in ("queued_at", "sent_at")}
    return rows


def flows(db: Connection, wanted: ListingFilter, summary: Summary | None) -> list[Row]:
    """Every flow that was ever deployed; what is not any more has no category and no revision. `stopped_at`, beside the documented keys:
    when a person last ended it in the middle."""
    rows, stops = listings.flows(db, wanted), stopping.stops(db)
    for row in rows:
        flow = summary.flows.get(row["flow"]) if summary else None
        row["deployed"] = flow is not None
        row["category"], row["revision"] = (flow.category, flow.revision) if flow else (None, None)
        row["paused_at"], row["stopped_at"] = instant(row["paused_at"]), instant(stops.get(row["id"]))
    return rows


def contact(row: Row, now: int) -> Row:
    """With its consent as it is at `now`."""
    known = {key: value for key, value in row.items() if key != "id"}
    return known | {key: instant(row[key]) for key in CONTACT_INSTANTS} | {"consent": consents.standing(row, now)}


def consent_log(db: Connection, phone: str) -> list[Row]:
    return [
        each | {"at": instant(each["at"]), "expires": instant(each["expires"])} for each in history.consents(db, phone)
    ]
