"""Messages that their provider certainly did not deliver, and that can still go another way.

    the phone cannot receive MMS     the step's `otherwise` goes out in its place, once; the number is remembered as one without MMS
    the account is refused           the message is in the queue again, and its sender pauses

Invariants: only what was not delivered is sent again, under the same key; any other message ends as its provider reported. A message
that is written anew passes all gates when it is claimed. Its price goes back to the budget. A late report about the first request does
not change the second one. What was for a number that its contact has no longer goes no other way.
"""

from __future__ import annotations

from engine.core.block import Next
from engine.core.context import Context
from engine.core.effects import SendMessage, Skip
from engine.core.gates import Candidate
from engine.delivery import refusals
from engine.delivery.budget import day_of
from engine.runtime.batch import TickBatch
from engine.store import contacts, facts, former_numbers, journal, outbox, reports, runs, spending
from engine.store.inbox import Pending
from engine.store.journal import JournalEntry
from engine.store.reports import Reported
from engine.store.runs import LoadedRun
from engine.store.sql import Connection
from engine.store.states import FAILED, REPORTABLE, SKIPPED

GONE = "the phone cannot receive MMS"
_FAILED = ("failed", "undelivered")


def of_an_earlier_request(db: Connection, event: Pending) -> bool:
    """Whether a request failed of which that was acted on before, and the message goes another way since."""
    said = event.data
    if said["status"] not in _FAILED or said.get("provider_id") is None:
        return False
    known = [f"st:{said['provider_id']}:{status}" for status in _FAILED]
    return reports.sent_again_since(db, tuple(said["key"]), said["provider_id"], known, event.id)


def again(batch: TickBatch, event: Pending) -> bool:
    """Whether the message goes another way after this report; else the report is stored as it is."""
    said = event.data
    row = reports.message(batch.db, tuple(said["key"]))
    if row is None:
        return False
    if said.get("too_large"):
        refusals.too_large(batch.db, row.id, row.sender, str(said.get("reason")), batch.now)
    if not row.open:
        return False
    if said.get("account"):
        _give_back(batch, row)
        outbox.requeue(batch.db, row.id, batch.now)
        refusals.account_refused(batch.db, row.sender, [row.id], str(said.get("reason")), batch.now, by_callback=True)
        return True
    if said.get("no_mms") and row.media is not None:
        _give_back(batch, row)
        _otherwise(batch, row, str(said.get("reason")))
        return True
    return False


def _give_back(batch: TickBatch, row: Reported) -> None:
    """To the day on which it was claimed; what was refused at the request is given back there."""
    if row.status in REPORTABLE and row.sent_at is not None:
        spending.add(batch.db, day_of(row.sent_at, batch.deployed.project.timezone), -row.price)


def _otherwise(batch: TickBatch, row: Reported, reason: str) -> None:
    """Written anew as a text, as if it had been known."""
    former = former_numbers.is_for_former(batch.db, row.id)
    if not former:
        contacts.set_no_mms(batch.db, row.contact, batch.now)
    # Its history is read below: it must count as a message that was not delivered.
    outbox.end(batch.db, row.id, FAILED, f"{GONE}: {reason}", batch.now)
    case = None if former else runs.with_ids(batch.db, [row.run], batch.names).get(row.run)
    version, case = _version(batch, case)
    effect = _written(version, row, case) if case is not None else None
    if isinstance(effect, SendMessage):
        outbox.rewrite(batch.db, row.id, effect, version.deployed.id, row.key, batch.now)
        what = "its `otherwise` goes out"
    elif isinstance(effect, Skip):
        outbox.end(batch.db, row.id, SKIPPED, effect.reason, batch.now)
        what = "nothing is sent instead"
    else:
        what = former_numbers.CHANGED if former else "its step is no longer deployed"
    flow, step = batch.names.flows[row.flow], batch.names.steps[row.flow, row.step]
    line = JournalEntry(row.contact, flow, "noted", row.run, step, f"{GONE} ({reason}): {what}")
    journal.write(batch.db, [line], batch.now, batch.names)


def _version(batch: TickBatch, case: LoadedRun | None) -> tuple[TickBatch, LoadedRun | None]:
    """The run, by the version of its flow that it is in."""
    found = [(version, each) for version, cases in batch.by_version([case] if case else []) for each in cases]
    return found[0] if found else (batch, None)


def _written(batch: TickBatch, row: Reported, case: LoadedRun) -> SendMessage | Skip | None:
    program = batch.deployed.programs.get(batch.names.flows[row.flow])
    step = batch.names.steps[row.flow, row.step]
    place = program.places.get(step) if program is not None else None
    if program is None or place is None or not program.nodes[place].block.sends:
        return None
    node = program.nodes[place]
    (known,) = facts.gather(batch.db, node.needs, [case], batch.names, batch.now)
    stock = batch.stock(program, node.needs, [case])
    if stock is not None:
        known.offer(stock.of(case.run.contact))
    ctx = Context(program, case.run, known, batch.now)
    ctx.step = step
    person, countries = known.person, program.settings.countries
    candidate = Candidate(
        batch.now, row.category, person.consent_at(batch.now), person.region, countries, row.expires_at
    )
    outcome = node.block.write_message(ctx, candidate)
    assert isinstance(outcome, Next)
    if stock is not None:
        stock.take(case.run.contact, outcome.effects)
        stock.give()
    return next((effect for effect in outcome.effects if isinstance(effect, SendMessage | Skip)), None)
