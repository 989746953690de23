"""A run follows the newest deployment: the column for one that stays with an older deployment was never written."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.drop_column("run", "deployment")
