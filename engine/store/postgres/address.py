"""LEADOFF_DATABASE_URL of a PostgreSQL database: what people may see of it, and words for one that does not open.

Invariants: nothing of a password is ever shown. libpq's own words about an address that it cannot read repeat it, so they are not shown.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict

from engine.errors import UsageError
from engine.store.postgres.server_errors import message

FORM = "postgresql://user:password@host:5432/name"
SETTINGS = {  # where the address says nothing else
    "connect_timeout": 5,  # seconds
    "application_name": "leadoff",
    "keepalives_idle": 10,  # a way that is cut is noticed within half a minute
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # ms
}
ENCODING = {"client_encoding": "UTF8"}  # whatever the address, the environment or the server say
_ENCODED = "a character such as @, / or # in the password is written %40, %2F, %23; behind ? stand parameters of libpq: ?sslmode=require"
_HELP = {  # what libpq or the server says -> the way out
    "resolve host": "there is no server of that name: check the host",
    "refused": "no server listens there: check host and port, and that it runs",
    "timeout expired": "no server answers there: check host, port and firewall",
    "No such file": "no server listens there: check the host, and that it runs",
    "authentication failed": "check the user and the password",
    "no password supplied": f"the address names no password: {FORM}",
    "pg_hba.conf": "the server lets this user not come from here: an entry of its pg_hba.conf does, perhaps with ?sslmode=require",
    "role": "check the user, or let the server's owner create it: createuser",
    "database": "create it first: createdb --encoding UTF8",
    "too many": "let the server take more connections (max_connections), or put a pooler before it",
}


def settings_of(url: str) -> dict[str, Any]:
    """What libpq is given. Raises UsageError."""
    authority = url.partition("://")[2].partition("?")[0]
    try:
        found = conninfo_to_dict(url)
        if url.count("@") > authority.partition("/")[0].count("@") or authority.count("@") > 1:
            raise psycopg.ProgrammingError
        if not str(found.get("port", 0)).replace(",", "").isdigit():
            raise psycopg.ProgrammingError
    except psycopg.Error:
        raise UsageError(
            "LEADOFF_DATABASE_URL is no address of a PostgreSQL database", f"its form is {FORM}; {_ENCODED}"
        ) from None
    if not found.keys() & {"dbname", "service"}:
        raise UsageError("LEADOFF_DATABASE_URL names no database", f"its form is {FORM}")
    return {**SETTINGS, **found, **ENCODING}


def shown(settings: dict[str, Any]) -> str:
    """What people call the database."""
    user = f"{settings['user']}@" if "user" in settings else ""
    hosts, ports = (str(settings.get(name, "")).split(",") for name in ("host", "port"))
    places = (
        (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
        for host, port in zip(hosts, ports if len(ports) > 1 else ports * len(hosts), strict=False)
    )
    name = settings.get("dbname") or f"?service={settings['service']}"
    return f"postgresql://{user}{','.join(places)}/{name}"


def not_opened(name: str, error: psycopg.Error) -> UsageError:
    """For one that no connection came to."""
    said = message(error)
    help = next((help for words, help in _HELP.items() if words in said), "check the address and the server")
    return UsageError(f"cannot open the database {name}: {said}", help)
