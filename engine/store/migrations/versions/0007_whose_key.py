"""No key reads as another contact's number, and no external event id as an internal one.

A key that begins with "+" becomes its contact's own number (C0a), of all such contacts at once: one's key may be another's number. A notice
tells the old key. Ids of events that others gave move into a namespace of their own (E5).
"""

from alembic import op

revision = "0007"
down_revision = "0006"

_OFF = "key LIKE '+%' AND key <> phone"
_NOTICE = (
    "INSERT OR IGNORE INTO notice (kind, subject, contact, at, note) SELECT 'key', 'key:' || key, id,"
    " CAST(strftime('%s', 'now') AS INTEGER) * 1000,"
    " 'its key ' || key || ' read as the number of somebody else; its key is its own number now:"
    " give it another by an import or PUT /v1/contacts, and look at what came for that key'"
    f" FROM contact WHERE {_OFF}"
)
_OUTSIDE = "UPDATE event SET outside_id = 'ev:' || outside_id WHERE outside_id IS NOT NULL AND kind IN (0, 1)"
_INDEX = "CREATE UNIQUE INDEX event_outside ON event (contact, outside_id) WHERE outside_id IS NOT NULL"


def upgrade() -> None:
    op.execute(_NOTICE)
    # No key holds a control character, so nothing is in the way of the first of these, nor then of the second.
    op.execute(f"UPDATE contact SET key = char(1) || id WHERE {_OFF}")
    op.execute("UPDATE contact SET key = phone WHERE key LIKE char(1) || '%'")
    op.execute("DROP INDEX event_outside")  # midway an old id may equal a new one
    op.execute(_OUTSIDE)
    op.execute(_INDEX)
