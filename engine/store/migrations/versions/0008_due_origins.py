"""What a run's due time came from; runs that a gate holds."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("run", sa.Column("due_from", sa.String(), nullable=True))
    op.create_index("run_held", "run", ["flow"], unique=False, sqlite_where=sa.text("status = 0 AND due_from = 'hold'"))
