"""The tables of what messages earned: goals, their orders and refunds, and who drew which branch of a split. As in tables.py, part of the
same schema."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Text
from sqlmodel import Field, SQLModel

from engine.store.tables import _big, _id


class GoalRow(SQLModel, table=True):
    """A goal as it was last deployed. What it counts is the same for as long as it has the same id."""

    __tablename__ = "goal"
    id: int | None = Field(default=None, sa_column=_id())
    name: str
    counts: str = Field(sa_column=Column(Text, nullable=False))  # JSON: which events are orders and refunds
    click: int = Field(sa_column=_big())  # ms; 0: off
    delivered: int = Field(sa_column=_big())
    reached: int = Field(sa_column=_big())  # of the events from before it, those up to this one are counted
    last: int = Field(sa_column=_big())  # the newest event from before it
    crediting: int | None = Field(
        default=None, sa_column=_big(nullable=True)
    )  # its windows have changed: the order up to which all are credited by them; none: all are
    dropped: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # 1: not deployed any more


class GoalOrder(SQLModel, table=True):
    """An order, with the last click and the last delivery before it. They stay when their message, run or event is deleted, so that
    other windows can credit it."""

    __tablename__ = "goal_order"
    __table_args__ = (
        Index("goal_order_key", "goal", "order_id", unique=True),
        Index("goal_order_of", "contact", "at"),
        # What is asked of them stands in the index, in the order in which it is added up.
        Index("goal_order_credit", "goal", "flow", "step", "how", "currency", "at", "net"),
        Index("goal_order_at", "goal", "at", "how", "currency", "net"),
    )
    id: int | None = Field(default=None, sa_column=_id())
    goal: int
    order_id: str | None = None  # as the shop gives it; of a forgotten contact: its keyed hash, or none
    contact: int = Field(sa_column=_big())  # below 0: forgotten, as in runs
    event: int | None = Field(default=None, sa_column=_big(nullable=True))
    at: int = Field(sa_column=_big())
    currency: str
    value: int = Field(sa_column=_big())  # millionths
    refunded: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))  # all of them
    net: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))  # without refunds
    how: str | None = None  # what it is credited by: click | delivered | none
    flow: int | None = None  # to which step of which flow
    step: int | None = None
    clicked_at: int | None = Field(default=None, sa_column=_big(nullable=True))
    clicked_run: int | None = Field(default=None, sa_column=_big(nullable=True))
    clicked_flow: int | None = None
    clicked_step: int | None = None
    delivered_at: int | None = Field(default=None, sa_column=_big(nullable=True))
    delivered_run: int | None = Field(default=None, sa_column=_big(nullable=True))
    delivered_flow: int | None = None
    delivered_step: int | None = None


class GoalRefund(SQLModel, table=True):
    """A refund; its order may come later."""

    __tablename__ = "goal_refund"
    __table_args__ = (Index("goal_refund_of", "goal", "order_id"), {"sqlite_with_rowid": False})
    goal: int = Field(primary_key=True)
    event: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    contact: int = Field(sa_column=_big())
    order_id: str
    value: int = Field(sa_column=_big())  # millionths
    currency: str | None = None  # as it says itself; none: that of its order


class Drawn(SQLModel, table=True):
    """Which branch of a split a contact drew first; a branch that it draws by other shares later changes nothing."""

    __table_args__ = (Index("drawn_of", "flow", "step", "way", "at"), {"sqlite_with_rowid": False})
    contact: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    flow: int = Field(primary_key=True)
    step: int = Field(primary_key=True)
    way: str
    at: int = Field(sa_column=_big())
    clicked_at: int | None = Field(default=None, sa_column=_big(nullable=True))  # a link of the flow, first since
