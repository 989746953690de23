"""Instants as the providers write them. Ours are UTC ms."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.simulator.validation import Declined


def moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def iso(at: int) -> str:
    return moment(at).isoformat(timespec="milliseconds")


def read_iso(text: str, field: str) -> int:
    """A date, or an instant; without a zone it is UTC. Raises Declined."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Declined(400, "bad-request", f"{field} is a date or an instant in ISO 8601", field) from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
