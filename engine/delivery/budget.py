"""The budget of a day: what may be handed to providers before the next day of the project's calendar.

Invariants: a message counts from its claim; what a provider certainly did not take is given back. When the budget is used up, nothing
leaves and nothing is dropped, and that time does not count as late (T4). Sending never stops silently: there is a notice, a line in the
log and one in `doctor`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from engine.core.calendar import DAY, resolve, wall_of
from engine.deploy.deployed import Deployed
from engine.store import notices, spending
from engine.store.outbox import Due, Queued, Result
from engine.store.spending import UsedUp
from engine.store.sql import Connection
from engine.store.states import ASKED_FOR

log = logging.getLogger("leadoff.delivery")
NOT_TAKEN = ("deferred", "refused", "rejected", "no_mms", "stale")  # outcomes that cost nothing


P = TypeVar("P", Queued, Due)


class BudgetLeft(NamedTuple):
    """`left`: what may still be spent today, None without a budget."""

    day: str
    left: int | None
    used_up: Sequence[UsedUp] = ()  # the times in which there was nothing left

    def waited(self, messages: Sequence[Queued], now: int) -> Sequence[Queued]:
        """The same; they expire so much later as the budget kept them."""
        if not self.used_up:
            return messages
        return [each._replace(expires_at=_later(each, self.used_up, now)) for each in messages]

    def fitting(self, messages: Sequence[P]) -> list[P]:
        """The first ones that it suffices for: none is overtaken by a cheaper one behind it."""
        if self.left is None:
            return list(messages)
        fit, left = [], self.left
        for message in messages:
            left -= message.price
            if left < 0:
                break
            fit.append(message)
        return fit


def budget_left(db: Connection, deployed: Deployed, now: int, to_spend: bool = False) -> BudgetLeft:
    """`to_spend`: what is left stays so until the commit, for claims of all senders."""
    day = day_of(now, deployed.project.timezone)
    budget = deployed.project.budget.per_day
    if to_spend and budget is not None:
        spending.lock(db, day)
    left = None if budget is None else budget - spending.spent(db, day)
    return BudgetLeft(day, left, spending.used_up(db))


def _later(message: Queued, times: Sequence[UsedUp], now: int) -> int | None:
    if message.expires_at is None or message.category in ASKED_FOR:  # those are of use at once or not at all
        return message.expires_at
    kept = (min(now, each.until) - max(message.queued_at, each.since) for each in times)
    return message.expires_at + sum(max(0, each) for each in kept)


def spend(db: Connection, room: BudgetLeft, taken: Sequence[Queued], now: int) -> None:
    spending.add(db, room.day, sum(message.price for message in taken))
    if room.used_up:
        spending.note_room(db, room.used_up, now)


def give_back(db: Connection, deployed: Deployed, results: Sequence[Result]) -> None:
    """What a provider did not take, to the day on which it was claimed."""
    free = [result for result in results if result.outcome in NOT_TAKEN]
    if not free:
        return
    prices = spending.prices_of(db, [result.message for result in free])
    for result in free:
        spending.add(db, day_of(result.started, deployed.project.timezone), -prices.get(result.message, 0))


def note_used_up(db: Connection, deployed: Deployed, room: BudgetLeft, now: int) -> None:
    """From now on no time counts as late; one notice a day."""
    spending.note_used_up(db, spending.used_up(db), now, next_day(now, deployed.project.timezone))
    amount = (deployed.project.budget.per_day or 0) / 1_000_000
    note = (
        f"the budget of {amount:,.2f} {deployed.project.currency} for {room.day} is used up: nothing is sent until midnight"
        f" ({deployed.project.timezone}), or until a larger one is applied"
    )
    if notices.add(db, "budget", f"budget:{room.day}", None, now, note):
        log.error("%s", note)


def day_of(now: int, zone: str) -> str:
    return datetime.fromtimestamp(wall_of(now, zone) / 1000, UTC).date().isoformat()


def next_day(now: int, zone: str) -> int:
    """When the budget of the next day counts."""
    wall = wall_of(now, zone)
    return resolve(wall - wall % DAY + DAY, zone)
