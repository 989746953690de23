"""The tables of daemons and of what they share. As in tables.py, and part of the same schema."""

from __future__ import annotations

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel

from engine.store.tables import _big


class Daemon(SQLModel, table=True):
    """The daemons of a database that may have several: PostgreSQL."""

    id: str = Field(primary_key=True)
    host: str
    pid: int
    version: str
    started_at: int = Field(sa_column=_big())
    beat: int = Field(sa_column=_big())  # when it last said that it lives
    facts: str = Field(sa_column=Column(Text, nullable=False))  # JSON: web host and port, simulator


class SenderState(SQLModel, table=True):
    """What a sender's rate and circuit must remember across restarts (M4, M6)."""

    __tablename__ = "sender"
    name: str = Field(primary_key=True)
    free_at: int = Field(default=0, sa_column=_big())  # the instant up to which its rate is used
    closed_until: int = Field(default=0, sa_column=_big())
    refusal: str | None = None  # JSON of a Refusal: why its provider refuses everything
    uses: str | None = None  # JSON: who may use how many parts of its rate until when, of the last seconds
