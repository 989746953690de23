"""What contacts had before. As in tables.py, part of the same schema."""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from engine.store.tables import _big, _id


class FormerNumber(SQLModel, table=True):
    """A number that a contact had until `until_at`, and the last message that was for it or for one before."""

    __tablename__ = "former_number"
    __table_args__ = (Index("former_number_of", "contact", "last_message"),)
    id: int | None = Field(default=None, sa_column=_id())
    contact: int = Field(sa_column=_big())
    phone: str
    last_message: int = Field(sa_column=_big())  # 0: there was none
    until_at: int = Field(sa_column=_big())
