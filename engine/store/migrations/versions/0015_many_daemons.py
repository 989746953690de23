"""Several daemons on one database: who they are, what each uses of a rate, when a contact changed, and no text of nobody twice."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "daemon",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat", sa.BigInteger(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column("sender", sa.Column("uses", sa.String(), nullable=True))
    op.add_column("contact_change", sa.Column("at", sa.BigInteger(), server_default="0", nullable=False))
    nobodys = sa.text("contact IS NULL AND outside_id IS NOT NULL")
    op.create_index("event_of_nobody", "event", ["outside_id"], unique=True, sqlite_where=nobodys, postgresql_where=nobodys)
