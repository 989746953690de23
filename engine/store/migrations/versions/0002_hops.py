"""How many flows an event has come through since one from outside."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("event", sa.Column("hops", sa.Integer(), nullable=False, server_default="0"))
