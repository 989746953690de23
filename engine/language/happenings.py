"""Tests on what happened to a run's contact: events, clicks, and how far a message got.

Rules kept here: a fact counts when it happened (`occurred_at`) from the beginning asked for up to `ctx.until`, both included; the
event that started the run never counts. A beginning of None (the run never left that step) makes the test false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from engine.core.calendar import Duration, after
from engine.core.program import Context, Test

Beginning = Callable[[Context], int | None]
DefaultSince = Literal["entry", "arrival", "ever"]

DEFAULTS: Mapping[DefaultSince, Beginning] = {
    "entry": lambda ctx: ctx.run.entered,
    "arrival": lambda ctx: ctx.arrived,
    "ever": lambda ctx: 0,
}

REACHED: Mapping[str, frozenset[str]] = {
    "sending": frozenset(("sending", "unknown", "accepted", "sent", "delivered", "undelivered", "failed")),
    "accepted": frozenset(("accepted", "sent", "delivered", "undelivered")),
    "sent": frozenset(("sent", "delivered", "undelivered")),
    "delivered": frozenset(("delivered",)),
    "undelivered": frozenset(("undelivered",)),
    "failed": frozenset(("failed", "undelivered")),
    "unknown": frozenset(("unknown",)),
    "cancelled": frozenset(("cancelled",)),
    "expired": frozenset(("expired",)),
}
"""What `is` may say of a message, and the states in which that has been reached. Any message at all has been `queued`."""

STATES = ("queued", *REACHED)


def since_step(step: str) -> Beginning:
    return lambda ctx: ctx.left(step)


def within(span: Duration, since: Beginning | None) -> Beginning:
    """The last `span` (days by the contact's calendar), no further back than `since`."""
    back = Duration(-span.days, -span.ms)

    def beginning(ctx: Context) -> int | None:
        earliest = after(ctx.until, back, ctx.facts.person.zone).at
        if since is None:
            return earliest
        bound = since(ctx)
        return None if bound is None else max(bound, earliest)

    return beginning


def happened(name: str, begins: Beginning, at_least: int, where: Test | None) -> Test:
    """The event came at least so often, with data that pass `where`."""

    def once(ctx: Context) -> bool:
        begin = begins(ctx)
        if begin is None:
            return False
        until, own = ctx.until, ctx.run.event
        for one in ctx.facts.events(name):  # half the time of a generator
            if begin <= one.at <= until and one.id != own:
                return True
        return False

    def often(ctx: Context) -> bool:
        begin = begins(ctx)
        if begin is None:
            return False
        until, own, count = ctx.until, ctx.run.event, 0
        for one in ctx.facts.events(name):
            if begin <= one.at <= until and one.id != own and (where is None or where(ctx.at_event(one.data))):
                count += 1
                if count >= at_least:
                    return True
        return False

    return once if at_least == 1 and where is None else often


def clicked(link: str | None, begins: Beginning) -> Test:
    """A link of this run was clicked; None: any of them."""

    def test(ctx: Context) -> bool:
        begin = begins(ctx)
        if begin is None:
            return False
        until = ctx.until
        for click in ctx.facts.clicks:
            if begin <= click.at <= until and (link is None or click.link == link):
                return True
        return False

    return test


def message(step: str, state: str) -> Test:
    """This run's message from that step has reached the state."""
    reached = REACHED.get(state)

    def test(ctx: Context) -> bool:
        fact = ctx.facts.messages.get(step)
        return fact is not None and (reached is None or fact.state in reached)

    return test
