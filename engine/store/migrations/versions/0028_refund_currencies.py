"""In which currency a refund says that it is."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    text = sa.String().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("goal_refund", sa.Column("currency", text, nullable=True))
