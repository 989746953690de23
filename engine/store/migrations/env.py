"""Alembic's entry: runs the migrations on the connection it was handed."""

from alembic import context
from sqlmodel import SQLModel

from engine.store import tables, tables_recurring  # noqa: F401 (they fill the metadata)

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
