"""The tables of sources: the bodies of webhooks, and what each message in them became. As in tables.py, part of the same schema."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from engine.store.tables import _big, _id, _json, _partial


class SourceBody(SQLModel, table=True):
    """A body as it came, with the headers that its kind names: kept for a week, so that a mapping that was wrong loses nothing."""

    __tablename__ = "source_body"
    __table_args__ = (Index("source_body_at", "received_at"),)
    id: int | None = Field(default=None, sa_column=_id())
    source: str
    received_at: int = Field(sa_column=_big())
    headers: str | None = Field(default=None, sa_column=_json())
    body: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    reason: str | None = None  # why nothing could be read of it


class SourceMessage(SQLModel, table=True):
    """One message of a body: a delivery is taken once, and a key makes one event, for 90 days."""

    __tablename__ = "source_message"
    __table_args__ = (
        _partial("source_message_delivery", "source", "delivery", where="delivery <> ''", unique=True),
        _partial("source_message_key", "source", "key", where="key <> '' AND event IS NOT NULL", unique=True),
        _partial("source_message_waits", "source", "waits_for", where="waits_for IS NOT NULL"),
        Index("source_message_of", "body"),
        Index("source_message_contact", "contact"),
        Index("source_message_at", "received_at"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    body: int = Field(sa_column=_big())
    source: str
    received_at: int = Field(sa_column=_big())
    topic: str
    delivery: str
    key: str
    version: int | None = Field(default=None, sa_column=_big(nullable=True))  # of the newest body of its key
    became: (
        str  # event | renewed | same | older | consent | product, or why it made nothing: source_bodies.MADE_NOTHING
    )
    reason: str | None = None
    contact: int | None = Field(default=None, sa_column=_big(nullable=True))
    event: int | None = Field(
        default=None, sa_column=_big(nullable=True)
    )  # the one that it made; 0 until it is there, and once its contact is forgotten
    waits_for: str | None = None  # what has to be known before it can make its event: `orders:1001`
