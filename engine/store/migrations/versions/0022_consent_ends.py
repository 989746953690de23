"""Consent may end; when a message became delivered or failed."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("consent", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.add_column("consent_log", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.add_column("message", sa.Column("settled_at", sa.BigInteger(), nullable=True))
