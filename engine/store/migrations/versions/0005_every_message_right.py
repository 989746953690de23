"""Held messages, numbers that cannot be reached, forgotten opt-outs, notices, the day's spending, our own answers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contact", sa.Column("unreachable", sa.String(), nullable=True))
    op.add_column("message", sa.Column("skips", sa.Integer(), nullable=False, server_default="0"))
    op.drop_index("message_queue", "message")
    op.create_index("message_queue", "message", ["sender", "due_at"], unique=False, sqlite_where=sa.text("status < 2"))
    op.create_index(
        "message_texted", "message", ["contact", "sent_at"], unique=False,
        sqlite_where=sa.text("category = 'marketing' AND sent_at IS NOT NULL"),
    )
    op.create_table(
        "forgotten",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("subject"),
    )
    op.create_index("notice_open", "notice", ["id"], unique=False, sqlite_where=sa.text("done_at IS NULL"))
    op.create_table(
        "spent",
        sa.Column("day", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day"),
    )
    op.execute("INSERT INTO flow (name) VALUES ('@answers')")
    op.execute(
        "INSERT INTO step (flow, number, name) SELECT f.id, s.number, s.name FROM flow f,"
        " (SELECT 0 number, 'opt_out' name UNION SELECT 1, 'opt_in' UNION SELECT 2, 'help') s WHERE f.name = '@answers'"
    )
