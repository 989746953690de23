"""Tests on facts of a contact: events, clicks, replies, and the state of a message.

Invariants: a fact counts if it happened (`occurred_at`) between the start and `ctx.until`, both included. The event that started the run
does not count, except in a segment, which has no run. Without a start (the run never left that step) the test is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

from engine.core.calendar import Duration
from engine.core.context import Context, Test
from engine.core.due_origins import ago
from engine.core.facts import ClickFact, ReplyFact
from engine.language.conditions.operators import pattern, same
from engine.language.conditions.tree import Clicked, Happened, Message, Replied
from engine.language.values.scalars import RESERVED
from engine.messaging import keywords

F = TypeVar("F", ClickFact, ReplyFact)
Beginning = Callable[[Context], int | None]
DefaultSince = Literal["entry", "arrival", "ever"]

DEFAULTS: Mapping[str, Beginning] = {
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
"""The values of `is`, and the message states in which each has been reached. Every message has been `queued`."""

STATES = ("queued", *REACHED)


def beginning(since: str | None, span: Duration | None, default: DefaultSince) -> Beginning:
    """Where looking begins. `span` alone looks back over the entry: "in the last 7 days"; with `since` the later of the two counts."""
    begins = _since_step(since) if since is not None and since not in RESERVED else DEFAULTS[since or default]
    if span is None:
        return begins
    return _within(span, None if since is None else begins)


def _since_step(step: str) -> Beginning:
    return lambda ctx: ctx.left(step)


def _within(span: Duration, since: Beginning | None) -> Beginning:
    """The last `span` (days by the contact's calendar), no further back than `since`."""

    def begins(ctx: Context) -> int | None:
        earliest = ago(ctx.until, span, ctx.facts.person.zone)
        if since is None:
            return earliest
        bound = since(ctx)
        return None if bound is None else max(bound, earliest)

    return begins


def happened(tree: Happened, default: DefaultSince, where: Test | None) -> Test:
    """The event came at least so often, with data that pass `where` and share a field with the run's event."""
    name, at_least, same_field, in_run = tree.event, tree.at_least, tree.same, default != "ever"
    begins = beginning(tree.since, tree.within, default)

    def once(ctx: Context) -> bool:
        begin = begins(ctx)
        if begin is None:
            return False
        until, own = ctx.until, ctx.run.event if in_run else None
        for one in ctx.facts.events(name):  # half the time of a generator
            if begin <= one.at <= until and one.id != own:
                return True
        return False

    def often(ctx: Context) -> bool:
        begin = begins(ctx)
        if begin is None:
            return False
        until, own, count = ctx.until, ctx.run.event if in_run else None, 0
        shares = None if same_field is None else _sharing(same_field, ctx)
        for one in ctx.facts.events(name):
            if begin <= one.at <= until and one.id != own and (where is None or where(ctx.at_event(one.data))):
                count += shares is None or shares(one.data)
                if count >= at_least:
                    return True
        return False

    return once if at_least == 1 and where is None and same_field is None else often


def _sharing(field: str, ctx: Context) -> Callable[[Mapping[str, Any]], bool]:
    """Whether an event's data have the same there as the event that started the run."""
    equal = same(ctx.facts.event.get(field))
    return lambda data: equal(data.get(field))


def clicked(tree: Clicked, default: DefaultSince) -> Test:
    """A link of this run was clicked; None: any of them."""
    link = tree.link
    begins = beginning(tree.since, None, default)
    return _came(begins, lambda ctx: ctx.facts.clicks, lambda ctx, click: link is None or click.link == link)


def replied(tree: Replied, default: DefaultSince) -> Test:
    """The contact texted; with a pattern: its own text without quotations matches as a whole (`text_pattern`)."""
    fits = None if tree.matches is None else text_pattern(tree.matches)

    def counts(ctx: Context, reply: ReplyFact) -> bool:
        return reply.id != ctx.run.event and (fits is None or fits(reply.text))

    return _came(beginning(tree.since, None, default), lambda ctx: ctx.facts.replies, counts)


def _came(begins: Beginning, facts: Callable[[Context], Iterable[F]], counts: Callable[[Context, F], bool]) -> Test:
    """One of these facts is in the time window, and counts."""

    def test(ctx: Context) -> bool:
        begin = begins(ctx)
        if begin is None:
            return False
        until = ctx.until
        for fact in facts(ctx):
            if begin <= fact.at <= until and counts(ctx, fact):
                return True
        return False

    return test


def text_pattern(written: str) -> Callable[[str], bool]:
    """The whole text, `*` for any characters; case, accents, punctuation and emoji aside, and what it quotes of others.

    A pattern of only such characters ("👍", "*?") is matched literally.
    """
    exact = pattern(written)
    pieces = written.split("*")
    folded = [keywords.fold(piece) for piece in pieces]
    if not "".join(folded).strip() or any(
        piece.strip() and not bare.strip() for piece, bare in zip(pieces, folded, strict=True)
    ):
        return lambda text: exact(keywords.own_text(text))
    folded[0], folded[-1] = folded[0].lstrip(), folded[-1].rstrip()
    alike = pattern("*".join(folded))

    def fits(text: str) -> bool:
        own = keywords.own_text(text)
        return alike(keywords.plain(own)) or exact(own)

    return fits


def message(tree: Message, default: DefaultSince) -> Test:
    """This run's message from that step has reached the state."""
    step, reached = tree.step, REACHED.get(tree.state)

    def test(ctx: Context) -> bool:
        fact = ctx.facts.messages.get(step)
        return fact is not None and (reached is None or fact.state in reached)

    return test
