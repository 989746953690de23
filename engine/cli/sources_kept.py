"""What `sources show` and `replay` say of kept bodies.

Invariants: numbers and e-mail addresses are masked, of a web address the query is not shown, and no signature or secret is kept at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.cli import sources_try
from engine.clock import instant
from engine.deployed_workspace import DeployedWorkspace
from engine.errors import UsageError
from engine.intake import source_replay
from engine.intake.mapping import Became
from engine.language.diagnostics.findings import counted
from engine.sources import bodies
from engine.sources.bodies import Unreadable
from engine.store.queries import source_messages
from engine.store.source_bodies import BODY_KEPT_MS, Kept
from engine.store.sql import Row
from engine.views import source_rows
from engine.views.addresses import with_texts

_EMAIL = re.compile(r"[^\s@<>\"]+@([^\s@<>\"]+)")


class Shown(NamedTuple):
    kept: Kept
    became: list[Row]  # its messages: topic, became, reason
    becomes: list[Became] | str  # by the mapping of now, or why nothing can be read of it

    def as_json(self) -> dict[str, Any]:
        kept, now = self.kept, self.becomes
        return {
            "id": kept.id,
            "source": kept.source,
            "received_at": instant(kept.received_at),
            "kept_until": instant(kept.received_at + BODY_KEPT_MS),
            "headers": _masked(dict(kept.headers)),
            "became": [{name: row[name] for name in ("topic", "became", "reason")} for row in self.became],
            "becomes": now if isinstance(now, str) else [_masked(sources_try.as_json(each)) for each in now],
            "body": _body(kept),
        }

    def lines(self) -> Iterator[str]:
        kept = self.kept
        until = instant(kept.received_at + BODY_KEPT_MS)
        yield f"body {kept.id} of {kept.source}, received {instant(kept.received_at)}, kept until {until}"
        for name, value in kept.headers.items():
            yield f"  {name}: {_masked(value)}"
        yield ""
        for row in self.became:
            why = f": {row['reason']}" if row["reason"] else ""
            yield f"became {row['became']}{why}"
        yield ""
        yield "by the mapping of now"
        if isinstance(self.becomes, str):
            yield f"  {self.becomes}"
        else:
            yield from (f"  {_masked(line)}".rstrip() for each in self.becomes for line in sources_try.lines_of(each))
        yield ""
        yield from json.dumps(_body(kept), indent=2, ensure_ascii=False, default=str).splitlines()


def shown(app: DeployedWorkspace, id: int) -> Shown:
    """Raises Refused where there is no such body."""
    kept = source_replay.kept(app.database, id)
    found = source_replay.look(app.database, app.deployed().project, kept)
    with app.database.reading() as db:
        became = source_rows.rows(db, None, False, None, id)
    return Shown(kept, became, found if isinstance(found, str) else found[2])


def named(app: DeployedWorkspace, ids: list[int], source: str | None) -> list[int]:
    """The bodies that are meant. Raises UsageError."""
    if bool(ids) == (source is not None):
        raise UsageError(
            "name bodies, or a source with --source", "`leadoff sources list --nothing` lists what made nothing"
        )
    if source is None:
        return ids
    with app.database.reading() as db:
        return source_messages.that_made_nothing(db, source)


def replayed(counts: Mapping[str, int]) -> str:
    """One line: what became of how many webhooks."""
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if what != "again")
    before = counts.get("again", 0)
    had = f"{counted(before, 'webhook')} made something before: nothing again" if before else ""
    return "; ".join(each for each in (told, had) if each) or "nothing was left to read"


def _body(kept: Kept) -> Any:
    """As values, masked; a text that says how long it is where it is no JSON."""
    try:
        return _masked(bodies.read(kept.body))
    except Unreadable as error:
        return f"{len(kept.body):,} bytes: {error.reason}"


def _masked(value: Any) -> Any:
    return with_texts(value, lambda text: _EMAIL.sub(r"•••@\1", sources_try.shown(text)))
