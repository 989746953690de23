"""What `db check` reads: does every row that another names exist?"""

from __future__ import annotations

from collections.abc import Iterator

from engine.store.sql import Connection

ORPHANS = {  # a negative contact is one that was forgotten
    "runs without a contact": "SELECT COUNT(*) FROM run r WHERE r.contact > 0"
    " AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = r.contact)",
    "runs of an unknown flow or step": "SELECT COUNT(*) FROM run r LEFT JOIN flow f ON f.id = r.flow LEFT JOIN step s ON s.flow = r.flow"
    " AND s.number = r.step WHERE f.id IS NULL OR (r.step IS NOT NULL AND s.number IS NULL)",
    "messages without a contact": "SELECT COUNT(*) FROM message m WHERE m.contact > 0"
    " AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = m.contact)",
    "messages without a run": "SELECT COUNT(*) FROM message m WHERE NOT EXISTS (SELECT 1 FROM run r WHERE r.id = m.run)",
    "messages without a deployment": "SELECT COUNT(*) FROM message m WHERE NOT EXISTS"
    " (SELECT 1 FROM deployment d WHERE d.id = m.deployment)",
    "threads without a contact": "SELECT COUNT(*) FROM thread t WHERE NOT EXISTS (SELECT 1 FROM contact c WHERE c.id = t.contact)",
    "links without a message": "SELECT COUNT(*) FROM link l WHERE NOT EXISTS"
    " (SELECT 1 FROM message m WHERE m.contact = l.contact AND m.run = l.run AND m.step = l.step)",
}


def orphans(db: Connection) -> Iterator[tuple[int, str]]:
    """(how many, of what) rows that name others which are not there."""
    for what, sql in ORPHANS.items():
        (count,) = db.execute(sql).fetchone()
        if count:
            yield count, what
