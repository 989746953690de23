"""The tables of what the daemon looks after by itself: alarms, messages that `stop_if` counts. As in tables.py, part of the same schema."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel

from engine.store.tables import _big, _id


class Alarm(SQLModel, table=True):
    """What `notify` is to be told; told ones are deleted."""

    id: int | None = Field(default=None, sa_column=_id())
    subject: str = Field(unique=True)  # its Idempotency-Key
    data: str = Field(sa_column=Column(Text, nullable=False))  # JSON object
    due_at: int = Field(sa_column=_big())
    attempts: int


class RecentMessage(SQLModel, table=True):
    """A message of a flow with `stop_if` that has left lately, in the order in which they left."""

    __tablename__ = "recent_message"
    __table_args__ = (Index("recent_message_of", "flow", "id"),)
    id: int | None = Field(default=None, sa_column=_id())
    flow: int
    message: int = Field(sa_column=Column(BigInteger, nullable=False, unique=True))
    at: int = Field(sa_column=_big())
    failed: int = 0
    opted_out: int = 0
