"""The numbers that contacts had before."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "former_number",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact", sa.BigInteger(), nullable=False),
        sa.Column("phone", sa.String().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.Column("last_message", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("former_number_of", "former_number", ["contact", "last_message"])
