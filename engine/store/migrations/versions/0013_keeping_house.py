"""What stays of messages and runs that are not kept any more; pictures in the database."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("contact", sa.Column("was_texted", sa.Integer(), server_default="0", nullable=False))
    op.create_index("link_of", "link", ["contact", "run", "step"], unique=False)
    op.create_table(
        "last_entry",
        sa.Column("contact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("flow", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("contact", "flow"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
