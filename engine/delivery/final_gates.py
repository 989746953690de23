"""The gates once more, right before the request (M5), for the messages of a claim.

Invariants: they are the same functions as at the SMS step, because facts may have changed since: a STOP, a purchase, the hour, another
flow's message. What they read takes a constant number of statements. A message whose window closes before the latest instant at which
its request may start is held, so that no request starts outside of the window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import orjson

from engine.core import gates
from engine.core.calendar import MINUTE
from engine.core.context import Context
from engine.core.facts import consent_at
from engine.core.gates import OPEN, Candidate, Decided, Hold, Never
from engine.core.gates.caps import SentMarketing
from engine.core.gates.local_rules import LocalRules, local_rules
from engine.deploy.deployed import Deployed
from engine.messaging.only_to import STAGING
from engine.store import carrying, facts, held_messages, history, holds, outbox, runs, stopping, threads
from engine.store.former_numbers import CHANGED
from engine.store.held_messages import Held
from engine.store.live_edits import BY_HAND, FLOW_RETIRED
from engine.store.outbox import Queued
from engine.store.sql import Connection, listed
from engine.store.states import CANCELLED, EXPIRED, SKIPPED, TIMED
from engine.store.stopping import STOPPED

PAUSED = "the flow is paused"


class GateResult(NamedTuple):
    """What may leave, and what is done with the others."""

    fit: list[Queued]
    held: list[Held]
    dropped: list[tuple[int, int, str]]  # message, state, why
    aside: list[tuple[int, int, str]]  # message, its paused flow, why

    def store(self, db: Connection, now: int) -> None:
        if self.dropped:
            outbox.drop(db, self.dropped, now)
        if self.held:
            held_messages.hold(db, self.held, now)
        if self.aside:
            held_messages.put_aside(db, self.aside)


def through_gates(
    db: Connection,
    deployed: Deployed,
    found: Sequence[Queued],
    now: int,
    latest: int,
    only_to: Collection[str] | None = None,
) -> GateResult:
    """`latest`: the last instant at which a request of this claim may start. `only_to`: the only numbers that are texted; None: all."""
    passed = GateResult([], [], [], [])
    carrying.touch(db, {message.contact for message in found})
    stops = stopping.stops(db) if any(message.ended for message in found) else {}
    gone = {message.id: why for message in found if (why := _gone(deployed, message, stops)) is not None}
    passed.dropped.extend((id, CANCELLED, why) for id, why in gone.items())
    found = [message for message in found if message.id not in gone]
    if only_to is not None:
        passed.dropped.extend((message.id, SKIPPED, STAGING) for message in found if message.phone not in only_to)
        found = [message for message in found if message.phone in only_to]
    paused = holds.paused(db)
    if paused:
        passed.aside.extend((message.id, message.flow, PAUSED) for message in found if message.flow in paused)
        found = [message for message in found if message.flow not in paused]
    ended = _ended_by_rule(db, deployed, found, now)
    answers = _answers(db, found, now)
    local = [None if message.id in answers else _local(deployed, message) for message in found]
    sent = _sent(db, deployed, found, local, now)
    over_a_minute = latest // MINUTE != now // MINUTE  # hours open and close on whole minutes
    for message, where in zip(found, local, strict=True):
        if message.id in ended:
            passed.dropped.append((message.id, CANCELLED, f"exit_when: {ended[message.id]}"))
            continue
        candidate, answer = _decided(deployed, message, where, sent.get(message.contact, ()), now, latest)
        if over_a_minute and answer is OPEN and where is not None:
            answer = gates.hours(candidate._replace(now=latest))
        if answer is OPEN:
            passed.fit.append(message)
        elif type(answer) is Never:
            state = EXPIRED if answer.state == "expired" else CANCELLED
            passed.dropped.append((message.id, state, answer.reason))
        elif type(answer) is Hold:
            if message.waits_for(answer.by):
                passed.held.append(Held(message.id, message.contact, answer.until, answer.why))
            else:
                passed.dropped.append((message.id, SKIPPED, answer.why))
    return passed


def _gone(deployed: Deployed, message: Queued, stops: Mapping[int, int]) -> str | None:
    """Why nothing of its flow or run, or for its number, leaves any more.

    Its request may have been under way when what had not left was cancelled.
    """
    if message.flow in deployed.ended:
        return FLOW_RETIRED
    if message.ended is not None and message.queued_at <= stops.get(message.flow, -1):
        return STOPPED
    return message.ended if message.ended in (BY_HAND, FLOW_RETIRED, CHANGED) else None


def _answers(db: Connection, found: Sequence[Queued], now: int) -> Collection[int]:
    """Those that a person wrote to somebody who wrote a short time before: quiet hours do not hold them."""
    by_hand = {message.id: message.contact for message in found if message.category == "person"}
    awake = threads.wrote_since(db, set(by_hand.values()), now - threads.AWAKE_MS) if by_hand else set()
    return {id for id, contact in by_hand.items() if contact in awake}


def _decided(
    deployed: Deployed, message: Queued, local: LocalRules | None, sent: Sequence[SentMarketing], now: int, latest: int
) -> Decided:
    """A consent that ends before the latest request may start has ended."""
    consent = consent_at(message.consent, message.consent_ends, latest)
    asked = (now, message.category, consent, message.region, deployed.countries, message.expires_at)
    if not sent:
        return gates.decided_alike(*asked, message.unreachable, local)
    candidate = Candidate(*asked, message.unreachable, local, deployed.caps, sent, message.run)
    return Decided(candidate, gates.first_verdict(candidate))


def _local(deployed: Deployed, message: Queued) -> LocalRules | None:
    """When and how often it may be texted; of what quiet hours hold."""
    if message.category not in TIMED:
        return None
    written = message.fields or ""
    known = orjson.loads(written) if '"timezone"' in written or '"state"' in written else {}
    quiet = deployed.quiet_of(deployed.names.flows[message.flow])
    zone = deployed.project.timezone
    return local_rules(message.phone, message.region, known.get("timezone"), known.get("state"), zone, quiet)


def _sent(
    db: Connection, deployed: Deployed, found: Sequence[Queued], local: Sequence[LocalRules | None], now: int
) -> Mapping[int, Sequence[SentMarketing]]:
    """Contact -> its marketing messages that have left, where a cap counts them: an open one is the one that is looked at (M9)."""
    contacts = {
        message.contact
        for message, where in zip(found, local, strict=True)
        if message.category == "marketing" and gates.are_counted(deployed.caps, where)
    }
    return history.recently_left(db, listed(contacts), now) if contacts else {}


def _ended_by_rule(db: Connection, deployed: Deployed, found: Sequence[Queued], now: int) -> dict[int, str]:
    """Message -> reason, for those whose run's `exit_when` holds by now, also where the run has run off its end."""
    stays = runs.finishing_in(db, {message.run for message in found}) if deployed.older else {}
    by_flow: dict[tuple[int | None, str], list[Queued]] = defaultdict(list)
    for message in found:
        by_flow[stays.get(message.run), deployed.names.flows[message.flow]].append(message)
    ended: dict[int, str] = {}
    for (older, flow), group in by_flow.items():
        version = deployed if older is None else deployed.older.get(older, deployed)
        program, names = version.programs.get(flow), version.names
        if program is None or not program.exits:
            continue
        cases = runs.with_ids(db, {message.run for message in group}, names)
        present = [message for message in group if message.run in cases]
        known = facts.gather(db, program.exit_needs, [cases[message.run] for message in present], names, now)
        for message, found_facts in zip(present, known, strict=True):
            ctx = Context(program, cases[message.run].run, found_facts, now)
            rule = next((rule for rule in program.exits if rule.when(ctx)), None)
            if rule is not None:
                ended[message.id] = rule.reason
    return ended
