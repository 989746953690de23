"""The tables of the dashboard: who is signed in, what people did, who wrote, and the tally. As in tables.py, part of the same schema."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel

from engine.store.states import IS_UNANSWERED
from engine.store.tables import _big, _id, _partial


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


class Thread(SQLModel, table=True):
    """A contact who wrote what does not answer itself; it waits for a person until it is done up to its last event."""

    __table_args__ = (
        Index("thread_last", "last_event"),
        _partial("thread_waiting", "may_be_stop", "last_event", where=IS_UNANSWERED),
    )
    contact: int = Field(sa_column=_id(is_given=False))
    last_event: int = Field(sa_column=_big())  # the newest such text
    last_at: int = Field(sa_column=_big())  # when it was written
    done_up_to: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    may_be_stop: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # 1: one that waits may be an opt-out
    answer: str | None = None  # the form that wrote the last answer: it is not written twice


class Tally(SQLModel, table=True):
    """What came to be how often, by UTC hour, counted as it happens: see tally.py."""

    __table_args__ = ({"sqlite_with_rowid": False},)
    flow: int = Field(primary_key=True)
    hour: int = Field(primary_key=True)  # since 1970
    what: int = Field(primary_key=True)  # of states.py
    place: int = Field(primary_key=True)  # the step's number; -1: none
    deployment: int = Field(primary_key=True)  # the one that wrote the message; of runs 0
    detail: str = Field(primary_key=True)  # reason, way or sender
    slot: int = Field(primary_key=True)  # of the connection that counted it
    n: int = Field(sa_column=_big())
    cost: int = Field(sa_column=_big())  # millionths
