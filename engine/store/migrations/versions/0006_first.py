"""The oldest schema that is brought up to date. No revision makes it: a new database gets schema.sql."""

revision = "0006"
down_revision = None


def upgrade() -> None:
    pass
