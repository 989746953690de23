"""Texts that wait for a person: those that nothing answers by itself. They stand in the inbox, and may get the project's `texts.away`.

STOP, START, HELP        answered (auto_replies.py)
a keyword of a flow      the flow answers
what may be an opt-out   a person looks at it, whatever else it is
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.runtime.auto_replies import write_away
from engine.runtime.batch import TickBatch
from engine.store import threads
from engine.store.inbox import Pending
from engine.store.threads import NewText


def hear(batch: TickBatch, texts: Sequence[Pending]) -> None:
    """At most one text a contact."""
    waiting = [text for text in texts if _waits(batch, text)]
    if waiting:
        threads.note(batch.db, [_noted(text) for text in waiting])
        write_away(batch, [text for text in waiting if not text.data.get("review")])


def _waits(batch: TickBatch, text: Pending) -> bool:
    said = text.data
    if "source" in said:  # an opt-out from elsewhere: nobody wrote
        return False
    if said.get("review"):
        return True
    return said.get("verdict") is None and not batch.deployed.triggered_by_text(str(said.get("text") or ""))


def _noted(text: Pending) -> NewText:
    assert text.contact is not None
    return NewText(text.contact, text.id, text.occurred_at, bool(text.data.get("review")))
