"""API tokens, paused flows, unknown messages to be asked for, and what providers say of messages that nobody knows yet."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("flow", sa.Column("paused_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "aside",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("aside_of", "aside", ["sender", "provider_id"], unique=False)
    op.create_table(
        "stopped",
        sa.Column("run", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("flow", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("run"),
    )
    op.create_index("stopped_of", "stopped", ["flow", "due_at"], unique=False)
    op.create_index("message_unknown", "message", ["due_at"], unique=False, sqlite_where=sa.text("status = 11"))
    op.execute("INSERT INTO flow (name) VALUES ('@tests')")
    op.execute("INSERT INTO step (flow, number, name) SELECT id, 0, 'test' FROM flow WHERE name = '@tests'")
