"""`stop_if`: a flow whose messages fail, or are answered with opt-outs, too often is paused, with a notice.

Invariants: any WINDOW successive messages of a flow are looked at, in the order in which they left, so an opt-out counts for the message
that it answers, however many have left since; where fewer have left, the missing ones count as well received. The flow is paused in the
transaction that learns of it. Previews count nothing.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from engine.core.stop_limits import WINDOW, StopLimits
from engine.deploy.deployed import Deployed
from engine.store import holds, notices, recent_messages
from engine.store.outbox import Queued
from engine.store.recent_messages import Marked
from engine.store.sql import Connection

log = logging.getLogger("leadoff.delivery")


def count(db: Connection, deployed: Deployed, taken: Iterable[Queued], now: int) -> None:
    """These messages leave now."""
    if deployed.stop_limits:
        left = [(message.flow, message.id) for message in taken if message.flow in deployed.stop_limits]
        if left:
            recent_messages.add(db, left, now)


def failed(db: Connection, deployed: Deployed, messages: Collection[int], now: int) -> None:
    """Providers have refused these."""
    if messages and deployed.stop_limits:
        _stop(db, deployed, recent_messages.mark_failed(db, messages), now)


def reported_failed(db: Connection, deployed: Deployed, key: tuple[int, int, int], now: int) -> None:
    """A provider has reported that the message (contact, run, step) failed."""
    if deployed.stop_limits:
        _stop(db, deployed, recent_messages.mark_failed_by_key(db, key), now)


def opted_out(db: Connection, deployed: Deployed, contacts: Collection[int], now: int) -> None:
    """These contacts have said STOP."""
    if contacts and deployed.stop_limits:
        _stop(db, deployed, recent_messages.mark_opted_out(db, contacts), now)


def _stop(db: Connection, deployed: Deployed, marked: Sequence[Marked], now: int) -> None:
    places: dict[int, list[int]] = defaultdict(list)
    for each in marked:
        places[each.flow].append(each.id)
    for flow, ids in places.items():
        limits = deployed.stop_limits.get(flow)
        why = next(_reached(db, flow, limits, sorted(ids)), None) if limits else None
        if why is not None and holds.set_paused(db, flow, now):
            name = deployed.names.flows[flow]
            note = f"{name} is paused: {why}. Nothing of it is sent until `leadoff flows resume {name}`, which starts a new count"
            notices.add(db, "stopped", f"stopped:{flow}:{now}", None, now, note)
            log.error("%s", note)


def _reached(db: Connection, flow: int, limits: StopLimits, ids: Sequence[int]) -> Iterator[str]:
    for first, last in _close_together(ids):
        fates = recent_messages.around(db, flow, first, last)
        bad = _most([fate.failed for fate in fates])
        if limits.failed is not None and bad >= limits.failed:
            yield f"{bad} of {WINDOW} successive messages failed (stop_if: failed)"
        bad = _most([fate.opted_out for fate in fates])
        if limits.opted_out is not None and bad >= limits.opted_out:
            yield f"{bad} of {WINDOW} successive messages were answered with an opt-out (stop_if: opted_out)"


def _close_together(ids: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each group: what is read of a group is no more than a few windows."""
    first = last = ids[0]
    for id in ids[1:]:
        if id - last >= WINDOW:
            yield first, last
            first = id
        last = id
    yield first, last


def _most(marks: Sequence[int]) -> int:
    """The most marks in any WINDOW successive ones."""
    inside = most = sum(marks[:WINDOW])
    for index in range(WINDOW, len(marks)):
        inside += marks[index] - marks[index - WINDOW]
        most = max(most, inside)
    return most
