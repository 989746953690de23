"""Alembic's entry: runs the revisions on the connection it was handed, in the transaction that is open there."""

from alembic import context
from sqlmodel import SQLModel

from engine.store import (  # noqa: F401 (they fill the metadata)
    tables,
    tables_alarms,
    tables_contacts,
    tables_coupons,
    tables_daemons,
    tables_dashboard,
    tables_goals,
    tables_pictures,
    tables_recurring,
    tables_sources,
)

context.configure(connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata)
context.run_migrations()
