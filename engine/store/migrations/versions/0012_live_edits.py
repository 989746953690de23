"""A run may finish in an older version of its flow, and a step may get another name."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("run", sa.Column("deployment", sa.Integer(), nullable=True))
    op.create_index(
        "run_pinned", "run", ["deployment", "flow"], unique=False, sqlite_where=sa.text("deployment IS NOT NULL")
    )
    op.create_table(
        "renamed",
        sa.Column("flow", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("deployment", sa.Integer(), nullable=False),
        sa.Column("was", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("flow", "number", "deployment"),
    )
