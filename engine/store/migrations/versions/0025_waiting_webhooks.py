"""What a message of a webhook waits for: its order, which may come after it."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    text = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("source_message", sa.Column("waits_for", text, nullable=True))
    where = sa.text("waits_for IS NOT NULL")
    op.create_index(
        "source_message_waits",
        "source_message",
        ["source", "waits_for"],
        sqlite_where=where,
        postgresql_where=where,
    )
