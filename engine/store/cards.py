"""Which contacts were given a contact card: one each, for good.

Invariants: it is written down in the transaction of the message with the card. A card whose message never left was not given. Deletion of
what is old leaves it: nobody gets a second one because the first is long ago.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.context import Run
from engine.core.effects import SendMessage, Skip
from engine.messaging.media.contact_card import is_card
from engine.store.interned_names import Names
from engine.store.sql import AMONG, Connection, ListValue, numbers
from engine.store.states import NEVER_LEFT


def having(db: Connection, contacts: ListValue) -> set[int]:
    """Those of these who have one, or to whom one is on its way."""
    sql = (
        f"SELECT g.contact FROM given_card g WHERE g.contact {AMONG} AND NOT EXISTS (SELECT 1 FROM message m"
        f" WHERE m.contact = g.contact AND m.run = g.run AND m.step = g.step AND m.status IN {NEVER_LEFT})"
    )
    return set(numbers(db, sql, (contacts,)))


def give(db: Connection, written: Iterable[tuple[Run, SendMessage | Skip]], names: Names, now: int) -> None:
    """What the messages that are written now give; a test message only shows a card."""
    rows = [
        (run.contact, run.id, names.step_ids[names.flow_ids[run.flow], effect.step], now)
        for run, effect in written
        if isinstance(effect, SendMessage) and is_card(effect.media) and effect.category != "test"
    ]
    if rows:
        db.many(
            "INSERT INTO given_card (contact, run, step, at) VALUES (?, ?, ?, ?) ON CONFLICT (contact)"
            " DO UPDATE SET run = excluded.run, step = excluded.step, at = excluded.at",
            rows,
        )
