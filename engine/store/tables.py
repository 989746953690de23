"""The tables, as SQLModel classes: migrations and schema.sql are checked against them.

Invariants: instants are UTC milliseconds, money is millionths of the project's currency, states are small integers (states.py). Keys of
the hot path start with the contact, so that the tables can be distributed by it (D3). Rows stay inside `store`.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, Text, text
from sqlmodel import Field, SQLModel

from engine.store.states import (
    IS_ACTIVE,
    IS_CALL_OPEN,
    IS_EXITED,
    IS_OPEN,
    IS_PARKED,
    IS_PENDING,
    IS_UNKNOWN,
    IS_UNSENT,
    IS_WAITING,
)


def _id(is_given: bool = True) -> Column[int]:
    """The next free number; `is_given` by the database."""
    # INTEGER PRIMARY KEY is SQLite's row id; elsewhere it must be 64 bits wide.
    return Column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=is_given)


def _big(nullable: bool = False) -> Column[int]:
    return Column(BigInteger, nullable=nullable)


def _json() -> Column[str]:
    """JSON as it was written, which PostgreSQL reads into as SQLite does."""
    return Column(Text().with_variant(JSON(), "postgresql"), nullable=True)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of the rows of which `where` is true."""
    rows = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=rows, postgresql_where=rows)


class Contact(SQLModel, table=True):
    __table_args__ = (Index("contact_zone", "zone"),)
    id: int | None = Field(default=None, sa_column=_id())
    key: str = Field(unique=True)
    phone: str = Field(unique=True)
    region: str
    zone: str
    fields: str | None = Field(default=None, sa_column=_json())  # JSON object
    unreachable: str | None = None  # why no text reaches this number, as a provider said: a landline
    no_mms_since: int | None = Field(default=None, sa_column=_big(nullable=True))  # since when it takes no pictures
    created_at: int = Field(sa_column=_big())
    updated_at: int = Field(sa_column=_big())
    was_texted: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # 1: by what is not kept any more (C3)


class Consent(SQLModel, table=True):
    """The consent of each number now (C0)."""

    phone: str = Field(primary_key=True)
    status: str
    source: str
    at: int = Field(sa_column=_big())
    proof: str | None = None
    expires_at: int | None = Field(default=None, sa_column=_big(nullable=True))  # from then on it is none


class ConsentLog(SQLModel, table=True):
    """Append-only: every change of consent, with its source (C2)."""

    __tablename__ = "consent_log"
    id: int | None = Field(default=None, sa_column=_id())
    phone: str = Field(index=True)
    status: str
    source: str
    at: int = Field(sa_column=_big())
    proof: str | None = None
    recorded_at: int = Field(sa_column=_big())
    expires_at: int | None = Field(default=None, sa_column=_big(nullable=True))


class Forgotten(SQLModel, table=True):
    """An opt-out of a number that is not kept any more: its keyed hash alone (C0)."""

    hash: str = Field(primary_key=True)
    source: str
    at: int = Field(sa_column=_big())


class Notice(SQLModel, table=True):
    """Something that a person should look at, until it is marked as done."""

    __table_args__ = (_partial("notice_open", "id", where="done_at IS NULL"),)
    id: int | None = Field(default=None, sa_column=_id())
    kind: str  # opt-out? | budget | unknown | key | inbox | coupon
    subject: str = Field(unique=True)  # what it is about: the same thing is said once
    contact: int | None = Field(default=None, sa_column=_big(nullable=True))
    at: int = Field(sa_column=_big())
    note: str
    done_at: int | None = Field(default=None, sa_column=_big(nullable=True))


class Token(SQLModel, table=True):
    """An API token: the hash of it alone."""

    id: int | None = Field(default=None, sa_column=_id())
    name: str = Field(unique=True)
    hash: str = Field(unique=True)
    scope: str  # events | read | operator | admin
    created_at: int = Field(sa_column=_big())
    revoked_at: int | None = Field(default=None, sa_column=_big(nullable=True))


class Aside(SQLModel, table=True):
    """A provider's report about a message that is not known yet: kept until it is, or for three days."""

    __table_args__ = (Index("aside_of", "sender", "provider_id"),)
    id: int | None = Field(default=None, sa_column=_id())
    sender: str
    provider_id: str
    report: str = Field(sa_column=Column(Text, nullable=False))  # JSON of the StatusReport
    at: int = Field(sa_column=_big())


class Spent(SQLModel, table=True):
    """What was handed to providers on a day of the project's calendar."""

    day: str = Field(primary_key=True)
    amount: int = Field(default=0, sa_column=_big())


class Deployment(SQLModel, table=True):
    id: int | None = Field(default=None, sa_column=_id())
    hash: str
    commit: str | None = None
    dirty: bool = False
    at: int = Field(sa_column=_big())
    content: str = Field(sa_column=Column(Text, nullable=False))  # JSON: files and media as they were


class FlowName(SQLModel, table=True):
    __tablename__ = "flow"
    id: int | None = Field(default=None, sa_column=_id())
    name: str = Field(unique=True)
    paused_at: int | None = Field(default=None, sa_column=_big(nullable=True))  # it is paused since then
    counted_from: int | None = Field(
        default=None, sa_column=_big(nullable=True)
    )  # what left later counts for `stop_if`


class StepName(SQLModel, table=True):
    """Step ids interned per flow, stable over deployments."""

    __tablename__ = "step"
    flow: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    name: str


class Renamed(SQLModel, table=True):
    """What a step was called before a deployment gave it the name that it had from then on."""

    flow: int = Field(primary_key=True)
    number: int = Field(primary_key=True)
    deployment: int = Field(primary_key=True)
    was: str


class Run(SQLModel, table=True):
    __table_args__ = (
        _partial("run_active", "contact", "flow", "lane", unique=True, where=IS_ACTIVE),
        _partial("run_due", "due_at", where=IS_WAITING),
        _partial("run_past", "contact", "flow", "entered_at", where=IS_EXITED),
        _partial("run_parked", "id", where=IS_PARKED),
        _partial("run_held", "flow", where=f"{IS_WAITING} AND due_from = 'hold'"),
        _partial("run_pinned", "deployment", "flow", where="deployment IS NOT NULL"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    contact: int = Field(sa_column=_big())
    flow: int
    lane: int = Field(default=0, sa_column=_big())
    step: int | None = None
    status: int
    due_at: int | None = Field(default=None, sa_column=_big(nullable=True))
    due_wall: int | None = Field(default=None, sa_column=_big(nullable=True))
    entered_at: int = Field(sa_column=_big())
    stayed: int = Field(default=0, sa_column=_big())  # ms from entry to the arrival at the step; 0 costs no byte
    event: int | None = Field(default=None, sa_column=_big(nullable=True))
    reason: str | None = None
    exited_at: int | None = Field(default=None, sa_column=_big(nullable=True))
    due_from: str | None = None  # what the due time came from, where due_wall does not say it: core/due_origins.py
    deployment: int | None = None  # the one whose version of the flow it finishes in; none: it follows the newest


class LastEntry(SQLModel, table=True):
    """When a contact last entered a flow, as far as those runs are not kept any more: `again_after` asks for it."""

    __tablename__ = "last_entry"
    __table_args__ = ({"sqlite_with_rowid": False},)
    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    flow: int = Field(primary_key=True)
    at: int = Field(sa_column=_big())


class Stopped(SQLModel, table=True):
    """A run of a paused flow that would have gone on, and when; no due time: a fact concerned it."""

    __table_args__ = (Index("stopped_of", "flow", "due_at"),)
    run: int = Field(sa_column=_id(is_given=False))
    flow: int
    due_at: int | None = Field(default=None, sa_column=_big(nullable=True))


class CarriedRun(SQLModel, table=True):
    """Runs that a deployment has changed before their turn, while others are still to be carried over (carrying.py)."""

    __tablename__ = "carried_run"
    run: int = Field(sa_column=_id(is_given=False))


class Message(SQLModel, table=True):
    """The outbox, and the history of every message."""

    __table_args__ = (
        Index("message_key", "contact", "run", "step", unique=True),
        _partial("message_queue", "sender", "due_at", where=IS_UNSENT),
        _partial("message_texted", "contact", "sent_at", where="category = 'marketing' AND sent_at IS NOT NULL"),
        _partial("message_open", "contact", "id", where=IS_OPEN),
        _partial("message_provider", "provider_id", where="provider_id IS NOT NULL"),
        _partial("message_unknown", "due_at", where=IS_UNKNOWN),
    )
    id: int | None = Field(default=None, sa_column=_id())
    contact: int = Field(sa_column=_big())
    run: int = Field(sa_column=_big())
    step: int
    flow: int
    deployment: int
    status: int
    sender: str | None = None
    category: str
    text: str = Field(sa_column=Column(Text, nullable=False))
    media: str | None = None
    parts: int
    price: int = Field(sa_column=_big())
    queued_at: int = Field(sa_column=_big())
    due_at: int = Field(sa_column=_big())  # when it may go; of an unknown one, when its provider is asked next
    expires_at: int | None = Field(default=None, sa_column=_big(nullable=True))
    sent_at: int | None = Field(default=None, sa_column=_big(nullable=True))  # when the request began
    attempts: int = 0
    provider_id: str | None = None
    reason: str | None = None
    skips: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # what it does not wait for; NO_MMS
    settled_at: int | None = Field(default=None, sa_column=_big(nullable=True))  # since when it is in its last state


class Attempt(SQLModel, table=True):
    id: int | None = Field(default=None, sa_column=_id())
    message: int = Field(sa_column=Column(BigInteger, nullable=False, index=True))
    started_at: int = Field(sa_column=_big())
    ended_at: int = Field(sa_column=_big())
    outcome: str  # of an accepted request the message itself tells, unless a report has put that back into the queue
    code: str | None = None
    detail: str | None = None


class Event(SQLModel, table=True):
    """Everything that comes in: the inbox while `pending`, the facts ever after."""

    __table_args__ = (
        _partial("event_pending", "id", where=IS_PENDING),
        Index("event_of", "contact", "kind", "name", "occurred_at"),
        _partial("event_outside", "contact", "outside_id", unique=True, where="outside_id IS NOT NULL"),
        _partial("event_of_nobody", "outside_id", unique=True, where="contact IS NULL AND outside_id IS NOT NULL"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    contact: int | None = Field(default=None, sa_column=_big(nullable=True))
    kind: int
    name: str
    occurred_at: int = Field(sa_column=_big())
    received_at: int = Field(sa_column=_big())
    data: str | None = Field(default=None, sa_column=_json())  # JSON object
    run: int | None = Field(default=None, sa_column=_big(nullable=True))
    outside_id: str | None = None
    digest: str | None = None  # of the body, to tell a duplicate from a conflict (E1)
    pending: int = 1
    hops: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # emits since an event from outside (R5)


class Webhook(SQLModel, table=True):
    """The web calls of steps: those to be made, and what became of the others (W1)."""

    __table_args__ = (
        Index("webhook_key", "contact", "run", "step", unique=True),
        _partial("webhook_open", "status", "due_at", where=IS_CALL_OPEN),
    )
    id: int | None = Field(default=None, sa_column=_id())
    contact: int = Field(sa_column=_big())
    run: int = Field(sa_column=_big())
    step: int
    flow: int
    status: int
    request: str = Field(sa_column=Column(Text, nullable=False))  # JSON of the effect
    queued_at: int = Field(sa_column=_big())
    due_at: int = Field(sa_column=_big())
    attempts: int = 0
    answer: str | None = Field(default=None, sa_column=Column(Text))  # JSON: place in the answer -> what is there


class Journal(SQLModel, table=True):
    """What happened to a contact and is in no other table: left (a step), refused, missed (an entry), parked, retried, noted."""

    __table_args__ = (
        Index("journal_of", "contact", "run"),
        _partial("journal_missed", "flow", "at", where="kind = 'missed'"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    contact: int = Field(sa_column=_big())
    run: int | None = Field(default=None, sa_column=_big(nullable=True))
    flow: int
    step: int | None = None
    at: int = Field(sa_column=_big())
    kind: str
    note: str | None = None


class Link(SQLModel, table=True):
    __table_args__ = (
        Index("link_of", "contact", "run", "step"),
        _partial("link_ends", "ends_at", where="ends_at IS NOT NULL"),
    )
    code: str = Field(primary_key=True)
    contact: int = Field(sa_column=_big())
    run: int = Field(sa_column=_big())
    step: int
    name: str
    url: str = Field(sa_column=Column(Text, nullable=False))  # "" once it is over
    ends_at: int | None = Field(default=None, sa_column=_big(nullable=True))  # not over before; None: not by time


class Meta(SQLModel, table=True):
    name: str = Field(primary_key=True)
    value: str
