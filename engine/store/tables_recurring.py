"""The tables of triggers that no event starts: clocks, dates, segments. As in tables.py, and part of the same schema."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from engine.store.tables import _big, _id, _partial


class Schedule(SQLModel, table=True):
    """When a recurring trigger fires next in a zone. No due time: it is done, or was never a matter of time."""

    __table_args__ = (_partial("schedule_due", "due_at", where="due_at IS NOT NULL"),)
    flow: int = Field(primary_key=True)
    trigger: str = Field(primary_key=True)
    zone: str = Field(primary_key=True)
    due_wall: int | None = Field(default=None, sa_column=_big(nullable=True))
    due_at: int | None = Field(default=None, sa_column=_big(nullable=True))


class Firing(SQLModel, table=True):
    """A firing whose audience is being entered; gone when everybody is in. `event`: the row that all of its runs start from."""

    id: int | None = Field(default=None, sa_column=_id())
    flow: int
    trigger: str
    zone: str | None = None  # only contacts of this zone
    event: int = Field(sa_column=_big())
    cursor: int = Field(default=0, sa_column=_big())  # the last contact that was looked at


class Segment(SQLModel, table=True):
    """A segment that some trigger watches."""

    name: str = Field(primary_key=True)
    digest: str  # of what it says: members of another definition are no measure of who comes in
    sweep_at: int | None = Field(default=None, sa_column=_big(nullable=True))
    cursor: int = Field(default=0, sa_column=_big())
    members: str | None = None  # what its members have as their `segment`; none: its own name


class MemberSet(SQLModel, table=True):
    """Members that no segment goes by: they are being listed for a deployment to come, or are left over."""

    __tablename__ = "member_set"
    name: str = Field(primary_key=True)
    wanted: str | None = None  # the segment and the digest that they are listed for; none: they are left over
    cursor: int = Field(default=0, sa_column=_big())  # the last contact whose row is deleted


class LateChange(SQLModel, table=True):
    """Contacts that have changed while members are being listed."""

    __tablename__ = "late_change"
    contact: int = Field(sa_column=_id(is_given=False))


class Membership(SQLModel, table=True):
    """The known members of a watched segment: a contact that is in it and not here comes in."""

    __table_args__ = ({"sqlite_with_rowid": False},)
    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    segment: str = Field(primary_key=True)


class ContactChange(SQLModel, table=True):
    """Contacts whose watched segments have to be looked at again."""

    __tablename__ = "contact_change"
    contact: int = Field(sa_column=_id(is_given=False))
    hops: int = Field(
        default=0, sa_column_kwargs={"server_default": "0"}
    )  # runs in a row that made it, since one from outside (R5)
    at: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))  # when it changed


class ZoneMove(SQLModel, table=True):
    """Contacts who have moved to another zone, and whose triggers by the clock have to be looked at for it."""

    __tablename__ = "zone_move"
    contact: int = Field(sa_column=_id(is_given=False))
    zone: str  # the one that it left
    at: int = Field(sa_column=_big())
