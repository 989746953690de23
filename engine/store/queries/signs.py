"""Whether something is new: a number for each topic of the dashboard that is another one whenever its pages would be.

Invariants: each is a look at the end of an index, whatever the size of the table.
"""

from __future__ import annotations

from engine.store.sql import Connection
from engine.store.states import IS_UNANSWERED
from engine.store.threads import MOST_COUNTED

_SIGNS = {
    "inbox": f"SELECT (COALESCE((SELECT MAX(id) FROM event), 0) + COALESCE((SELECT MAX(last_event) FROM thread), 0)) * {2 * MOST_COUNTED}"
    f" + (SELECT COUNT(*) FROM (SELECT 1 FROM thread WHERE {IS_UNANSWERED} LIMIT {MOST_COUNTED}) w)",
    "messages": "SELECT MAX(id) FROM message",
    "people": "SELECT MAX(id) FROM journal",
    "flows": "SELECT MAX(id) FROM run",
    "deployments": "SELECT MAX(id) FROM deployment",
    "actions": "SELECT MAX(id) FROM person_action",
    "needs": "SELECT COALESCE((SELECT MAX(id) FROM notice), 0) * 1000 + (SELECT COUNT(*) FROM notice WHERE done_at IS NULL)",
}
_ALL = "SELECT " + ", ".join(f"({sql}) AS {topic}" for topic, sql in _SIGNS.items())


def of_topics(db: Connection) -> dict[str, int]:
    """Topic -> its number."""
    return {topic: found or 0 for topic, found in zip(_SIGNS, db.execute(_ALL).fetchone(), strict=True)}
