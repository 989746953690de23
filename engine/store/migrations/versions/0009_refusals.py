"""What a provider refuses for good reasons of its own: pictures to a phone, everything of an account."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("contact", sa.Column("no_mms_since", sa.BigInteger(), nullable=True))
    op.add_column("sender", sa.Column("refusal", sa.String(), nullable=True))
