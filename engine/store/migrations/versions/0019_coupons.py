"""Codes of coupons, and who has which."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def _text() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "coupon_code",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("pool", _text(), nullable=False),
        sa.Column("code", _text(), nullable=False),
        sa.Column("folded", _text(), nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=True),
        sa.Column("given_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("folded"),
    )
    free, had = sa.text("given_at IS NULL"), sa.text("contact IS NOT NULL")
    op.create_index("coupon_free", "coupon_code", ["pool", "id"], sqlite_where=free, postgresql_where=free)
    op.create_index(
        "coupon_of", "coupon_code", ["contact", "pool"], unique=True, sqlite_where=had, postgresql_where=had
    )
