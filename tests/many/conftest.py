"""Databases of PostgreSQL for the tests of many daemons."""

from tests.store.conftest import server
from tests.store.postgres.conftest import create

__all__ = ["create", "server"]
