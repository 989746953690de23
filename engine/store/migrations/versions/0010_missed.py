"""Entries that were missed, and contacts who have moved to another zone."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("journal_missed", "journal", ["flow", "at"], unique=False, sqlite_where=sa.text("kind = 'missed'"))
    op.create_table(
        "zone_move",
        sa.Column("contact", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contact"),
    )
