"""Who is signed in to the dashboard, and what people did to flows and to all sending."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def _text() -> sa.types.TypeEngine[str]:
    return sa.String().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "session",
        sa.Column("hash", _text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("session_of", "session", ["token"], unique=False)
    op.create_table(
        "person_action",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", _text(), nullable=False),
        sa.Column("deed", _text(), nullable=False),
        sa.Column("subject", _text(), nullable=False),
        sa.Column("note", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("person_action_of", "person_action", ["subject", "id"], unique=False)
