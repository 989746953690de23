"""What contacts are given: codes of coupons, and the contact card. As in tables.py, part of the same schema."""

from __future__ import annotations

from sqlmodel import Field, SQLModel

from engine.store.tables import _big, _id, _partial


class CouponCode(SQLModel, table=True):
    """One code: free until it is given to a contact, for good. No two rows hold what a shop takes for the same code."""

    __tablename__ = "coupon_code"
    __table_args__ = (
        _partial("coupon_free", "pool", "id", where="given_at IS NULL"),
        _partial("coupon_of", "contact", "pool", where="contact IS NOT NULL", unique=True),
    )
    id: int | None = Field(default=None, sa_column=_id())
    pool: str
    code: str
    folded: str = Field(unique=True)  # in lower case: shops take both for the same
    contact: int | None = Field(default=None, sa_column=_big(nullable=True))  # None: nobody has it, or not any more
    given_at: int | None = Field(default=None, sa_column=_big(nullable=True))


class GivenCard(SQLModel, table=True):
    """The message with which a contact was given the contact card."""

    __tablename__ = "given_card"
    contact: int = Field(sa_column=_id(is_given=False))
    run: int = Field(sa_column=_big())
    step: int
    at: int = Field(sa_column=_big())
