"""Whether something is new: a number for each topic of the dashboard that is another one whenever its pages would be.

Invariants: each is a look at the end of an index, whatever the size of the table, or a count of what is always little.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.store.sql import Connection
from engine.store.states import IS_UNANSWERED
from engine.store.threads import MOST_COUNTED
from engine.store.unknown_messages import OPEN

_SIGNS = {
    "inbox": f"SELECT (COALESCE((SELECT MAX(id) FROM event), 0) + COALESCE((SELECT MAX(last_event) FROM thread), 0)) * {2 * MOST_COUNTED}"
    f" + (SELECT COUNT(*) FROM (SELECT 1 FROM thread WHERE {IS_UNANSWERED} LIMIT {MOST_COUNTED}) w)",
    "messages": "SELECT MAX(id) FROM message",
    "people": "SELECT MAX(id) FROM journal",
    "flows": "SELECT MAX(id) FROM run",
    "deployments": "SELECT MAX(id) FROM deployment",
    "actions": "SELECT MAX(id) FROM person_action",
    "unknown": f"SELECT COUNT(*) FROM message m WHERE {OPEN}",
    "needs": "SELECT COALESCE((SELECT MAX(id) FROM notice), 0) * 1000 + (SELECT COUNT(*) FROM notice WHERE done_at IS NULL)",
}
_ALL = "SELECT " + ", ".join(f"({sql}) AS {topic}" for topic, sql in _SIGNS.items())


def text(signs: Mapping[str, int]) -> str:
    """As a page and the last id of a stream say what they have seen."""
    return "-".join(map(str, signs.values()))


def read(text: str) -> Mapping[str, int]:
    """{} for what no `text` has written: then all is new."""
    numbers = [int(part) for part in text.split("-") if part.isascii() and part.isdecimal() and len(part) < 20]
    return dict(zip(_SIGNS, numbers, strict=True)) if len(numbers) == len(_SIGNS) else {}


def of_topics(db: Connection) -> dict[str, int]:
    """Topic -> its number."""
    return {topic: found or 0 for topic, found in zip(_SIGNS, db.execute(_ALL).fetchone(), strict=True)}
