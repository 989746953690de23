"""Kept bodies of webhooks by the mapping of now: what made nothing before may make its event after all.

Invariants: what made something makes nothing again. Many bodies are one transaction, so an order counts with the checkout before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from engine.errors import Refused
from engine.intake import item_pictures
from engine.intake.from_sources import say_made, take_message
from engine.intake.mapping import Became
from engine.language.model.project import Project
from engine.sources.bodies import Unreadable
from engine.store import source_bodies
from engine.store.database import Database
from engine.store.source_bodies import MADE_NOTHING, Kept
from engine.store.sql import Connection

Read = tuple[int, str, list[Became]]
"""A body: its id, its source, and what its messages become by the mapping of now."""


def replay(database: Database, project: Project, ids: Sequence[int], now: int) -> Counter[str]:
    """What became of the messages of these bodies, as `from_sources.Taken`; `again`: they made something before. Raises Refused."""
    found: Counter[str] = Counter()
    read: list[Read] = []
    for id in sorted(ids):
        made = look(database, project, kept(database, id))
        if isinstance(made, str):
            found["unreadable"] += 1
        else:
            read.append(made)
    found.update(database.write(lambda db: _replay(db, project, read, now)))
    return found


def kept(database: Database, id: int) -> Kept:
    """Raises Refused where there is none, or none any more."""
    with database.reading() as db:
        found = source_bodies.kept(db, id)
    if found is None:
        raise Refused(f"there is no kept body {id}", "bodies are kept for a week: `leadoff sources list`")
    return found


def look(database: Database, project: Project, body: Kept) -> Read | str:
    """What it becomes by the mapping of now, or why nothing can be read of it. Raises Refused."""
    source = project.sources.get(body.source)
    if source is None:
        raise Refused(
            f"there is no source {body.source} any more", "put it back into leadoff.yaml, and `leadoff apply`"
        )
    try:
        messages = source.bodies.messages(body.headers, body.body)
    except Unreadable as error:
        return error.reason
    with database.reading() as db:
        return body.id, body.source, item_pictures.becomes(db, project, body.source, messages)


def _replay(db: Connection, project: Project, read: Sequence[Read], now: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for body, name, made in read:
        source_bodies.is_read(db, body)
        for each in made:
            row = source_bodies.row_of(db, body, each.message.topic, each.message.delivery)
            if row is not None and row[1] not in MADE_NOTHING:
                counts["again"] += 1
            else:
                counts[take_message(db, project, name, body, each, now, row[0] if row else None)] += 1
    for name in {name for _, name, _ in read}:
        say_made(db, name, now)
    return counts
