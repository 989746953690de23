"""Bodies of webhooks, and what became of each message in them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def _text() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "source_body",
        _id(),
        sa.Column("source", _text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("headers", sa.Text().with_variant(sa.JSON(), "postgresql"), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("reason", _text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("source_body_at", "source_body", ["received_at"], unique=False)
    op.create_table(
        "source_message",
        _id(),
        sa.Column("body", sa.BigInteger(), nullable=False),
        sa.Column("source", _text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("topic", _text(), nullable=False),
        sa.Column("delivery", _text(), nullable=False),
        sa.Column("key", _text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("became", _text(), nullable=False),
        sa.Column("reason", _text(), nullable=True),
        sa.Column("contact", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for name, column, where in (
        ("source_message_delivery", "delivery", sa.text("delivery <> ''")),
        ("source_message_key", "key", sa.text("key <> '' AND event IS NOT NULL")),
    ):
        op.create_index(
            name, "source_message", ["source", column], unique=True, sqlite_where=where, postgresql_where=where
        )
    op.create_index("source_message_of", "source_message", ["body"], unique=False)
    op.create_index("source_message_contact", "source_message", ["contact"], unique=False)
    op.create_index("source_message_at", "source_message", ["received_at"], unique=False)
