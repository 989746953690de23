"""Single values that need no table of their own."""

from __future__ import annotations

from typing import Final

from engine.store.sql import Connection, changes

LINK_SECRET: Final = "link_secret"  # the key of this database's tracked links, hexadecimal
SETTLED_ZONE: Final = "settled_zone"  # the zone that contacts without a place were last given
HELD_SINCE: Final = "held_since"  # since when nothing is sent
BUDGET_USED_UP: Final = "budget_used_up"  # JSON: the times in which the budget was used up
GATES: Final = "gates"  # JSON: flow -> digest of what its gates read
NOT_READY: Final = "not_ready"  # of each daemon that `notify` was told not to be ready, since when
BESIDE: Final = "beside"  # the oldest schema whose programs may go on with this one
LAST_PROBE: Final = "last_probe"
RETENTION: Final = "retention"  # JSON: how far the deletion of what is old is
TURN: Final = "turn"  # of each chore, when a daemon last began it (upkeep/chores.py)
IDS_FORGOTTEN: Final = "ids_forgotten"  # the event up to which the ids of old ones are forgotten
IDS_TAKEN: Final = "ids_taken"  # with `:` and a table: the id up to which all were given out, though no row has them
CARRYING: Final = (
    "carrying"  # JSON: what a deployment changes for runs, while not all are carried over (store/carrying.py)
)
STOPPING: Final = "stopping"  # JSON: the flows that are being stopped (store/stopping.py)
BACKED_UP: Final = "backed_up"  # of a backup: when it was made
RESTORED: Final = "restored"  # JSON: up to when what was done is missing (store/restored.py)
COUPONS_FILLED: Final = "coupons_filled"  # with `:` and a pool: how often codes came into it
COUPONS_HELD: Final = "coupons_held"  # with `:` and a pool: the id up to which free codes are held back
TALLY_PROVED: Final = "tally_proved"  # JSON: when the tally was last proved (upkeep/proving.py)
OWN_EVENTS: Final = "own_events"  # JSON: the events of Leadoff's own of which rows are written (store/own_events.py)
ROLLED_BACK: Final = "rolled_back"  # JSON: flow -> digest of a version -> the deployment that took it out


def get(db: Connection, name: str) -> str | None:
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row[0] if row else None


def claim(db: Connection, name: str) -> str | None:
    """Its value, which nobody else reads or changes before the commit; None where there is none, or somebody has claimed it."""
    row = db.claim("SELECT m.value FROM meta m WHERE m.name = ?", (name,), of="m").fetchone()
    return row[0] if row else None


def put(db: Connection, name: str, value: str) -> None:
    db.execute(
        "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (name, value),
    )


def put_new(db: Connection, name: str, value: str) -> bool:
    """Only where there is none; whether there was none."""
    return changes(db, "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING", (name, value))


def skip_ids(db: Connection, table: str, count: int = 1) -> None:
    """The next `count` ids of that table, and those up to there, are not given out, whatever is deleted of it.

    PostgreSQL never gives one twice; SQLite follows the newest row, and gives the id of one that was deleted to the next.
    """
    put(db, f"{IDS_TAKEN}:{table}", str(db.ids(table, count) + count - 1))


def remove(db: Connection, name: str) -> bool:
    """Whether there was one."""
    return changes(db, "DELETE FROM meta WHERE name = ?", (name,))
