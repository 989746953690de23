"""The tables of the dashboard: who is signed in, and what people did. As in tables.py, part of the same schema."""

from __future__ import annotations

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel

from engine.store.tables import _big, _id


class Session(SQLModel, table=True):
    """A browser that is signed in with a token; the secret in its cookie is not stored."""

    __table_args__ = (Index("session_of", "token"),)
    hash: str = Field(primary_key=True)
    token: int
    created_at: int = Field(sa_column=_big())
    ends_at: int = Field(sa_column=_big())


class PersonAction(SQLModel, table=True):
    """What a person did to a flow, a sender or all sending: append-only. What is done to one contact stands in the journal."""

    __tablename__ = "person_action"
    __table_args__ = (Index("person_action_of", "subject", "id"),)
    id: int | None = Field(default=None, sa_column=_id())
    at: int = Field(sa_column=_big())
    who: str  # the token's name; "command line" for `leadoff` itself
    deed: str  # pause, resume, hold, release, rollback, apply
    subject: str  # a flow's name, or "" for all
    note: str | None = Field(default=None, sa_column=Column(Text, nullable=True))  # the reason, as the person wrote it
