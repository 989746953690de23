"""Pictures that come with events, and the pictures of a shop's products."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def _text() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "picture",
        sa.Column("key", _text(), nullable=False),
        sa.Column("name", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("ref", _text(), nullable=True),
        sa.Column("why", _text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("picture_due", "picture", ["due_at"], sqlite_where=due, postgresql_where=due)
    op.create_table(
        "product_picture",
        sa.Column("source", _text(), nullable=False),
        sa.Column("key", _text(), nullable=False),
        sa.Column("url", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "key"),
    )
    op.add_column("blob", sa.Column("used_at", sa.BigInteger(), nullable=True))
