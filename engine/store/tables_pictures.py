"""The tables of pictures: as they are sent, and those that come with events. As in tables.py, part of the same schema."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Text
from sqlmodel import Field, SQLModel

from engine.store.tables import _big, _partial


class Blob(SQLModel, table=True):
    """A picture of a deployment, or one that came with an event. The media folder of each machine is a copy."""

    name: str = Field(primary_key=True)  # "<hash>.<ending>"
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    used_at: int | None = Field(default=None, sa_column=_big(nullable=True))  # of one that came with an event


class Picture(SQLModel, table=True):
    """A picture by its addresses, once an event has asked for it: waiting to be fetched, there, or why it could not be had."""

    __table_args__ = (_partial("picture_due", "due_at", where="due_at IS NOT NULL"),)
    key: str = Field(primary_key=True)  # hash of `name`
    name: str = Field(sa_column=Column(Text, nullable=False))  # its addresses, as of EventPicture
    asked_at: int = Field(sa_column=_big())  # since when it waits, or waited
    used_at: int = Field(sa_column=_big())  # when an event or a message last needed it, to the hour
    fetched_at: int | None = Field(default=None, sa_column=_big(nullable=True))
    ref: str | None = None  # the name of its blob
    why: str | None = None  # why there is none; with `ref`: what is missing in it
    due_at: int | None = Field(default=None, sa_column=_big(nullable=True))  # None: nothing is to be fetched
    attempts: int


class ProductPicture(SQLModel, table=True):
    """The address of a product's picture, as the shop last told it, for events that carry none."""

    __tablename__ = "product_picture"
    source: str = Field(primary_key=True)
    key: str = Field(primary_key=True)  # product:ID, variant:ID or sku:SKU
    url: str = Field(sa_column=Column(Text, nullable=False))
    told_at: int = Field(sa_column=_big())
