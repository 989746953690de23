"""Who is signed in to the dashboard, what people did to flows and to all sending, and who wrote and waits for an answer."""

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
    op.create_table(
        "thread",
        sa.Column(
            "contact", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("done_up_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("may_be_stop", sa.Integer(), server_default="0", nullable=False),
        sa.Column("answer", _text(), nullable=True),
        sa.PrimaryKeyConstraint("contact"),
    )
    op.create_index("thread_last", "thread", ["last_event"], unique=False)
    waiting = sa.text("last_event > done_up_to")
    op.create_index(
        "thread_waiting", "thread", ["may_be_stop", "last_event"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.execute("INSERT INTO flow (name) VALUES ('@people')")
    op.execute("INSERT INTO step (flow, number, name) SELECT id, 0, 'answer' FROM flow WHERE name = '@people'")
    op.execute("INSERT INTO step (flow, number, name) SELECT id, 3, 'away' FROM flow WHERE name = '@answers'")
