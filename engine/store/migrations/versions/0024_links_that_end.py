"""When a link to a value may be over."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("link", sa.Column("ends_at", sa.BigInteger(), nullable=True))
    some = sa.text("ends_at IS NOT NULL")
    op.create_index("link_ends", "link", ["ends_at"], sqlite_where=some, postgresql_where=some)
