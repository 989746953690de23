"""A test message: one step's text, rendered for one number and handed to the outbox, outside of any run.

Invariants: it is the operator's own, so quiet hours and caps do not hold it, and it does not count for them; a number that has opted
out gets none. Its run is one of the flow "@tests", which ends as it begins. Fields that the text shows and that were not given get a
sample, and so does a coupon: no code is given away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from engine.contacts.people import IncomingContact, NotTaken, upsert
from engine.core.block import Block, Next
from engine.core.calendar import HOUR
from engine.core.context import Context, Run
from engine.core.effects import SendMessage, Skip
from engine.core.facts import CouponFact, Facts
from engine.core.gates import Candidate, Never, first_verdict
from engine.core.program import Program
from engine.deploy.deployed import Deployed
from engine.errors import Refused
from engine.language.model.message import message_of
from engine.language.model.project import Project
from engine.language.templates.text import Text
from engine.language.templates.translations import Translations
from engine.language.values.fields import FieldSpec, convert
from engine.messaging.numbers import BadNumber, masked, parse_written
from engine.messaging.only_to import VARIABLE
from engine.store import facts, outbox, runs
from engine.store.database import Database
from engine.store.sql import Connection
from engine.store.states import TEST_STEP, TESTS

AHEAD = 24 * HOUR  # of the queue
SAMPLES = {
    "integer": "3", "number": "1.5", "boolean": "true", "money": "19.90", "date": "2027-05-01", "time": "2027-05-01T12:00:00Z",
    "tags": "sample", "zone": "America/New_York", "language": "en",
}  # fmt: skip


class SampleRequest(NamedTuple):
    """Which step, and whom it is rendered for. `given`: contact fields, of the declared types."""

    flow: str
    step: str
    phone: str
    given: Mapping[str, Any]


class SampleMessage(NamedTuple):
    """What was handed over."""

    message: int
    phone: str  # E.164
    effect: SendMessage


def write_test_message(
    database: Database, deployed: Deployed, asked: SampleRequest, now: int, only_to: Collection[str] | None = None
) -> SampleMessage:
    """Raises Refused where the number gets no texts, or the step sends none. `only_to`: the only numbers that do; None: all."""
    try:
        asked = asked._replace(phone=parse_written(asked.phone).e164)
    except BadNumber as error:
        raise Refused(f"this number cannot be texted: {error.reason}") from error
    if only_to is not None and asked.phone not in only_to:
        raise Refused(f"{masked(asked.phone)} gets no test: it is not in {VARIABLE}")
    return database.write(lambda db: _write(db, deployed, asked, now))


def _write(db: Connection, deployed: Deployed, asked: SampleRequest, now: int) -> SampleMessage:
    program = deployed.programs[asked.flow]
    block = program.nodes[program.places[asked.step]].block
    message = message_of(block)
    if message is None:
        raise Refused(f"the step {asked.step} does not send a message", "name a step that sends a message")
    (who,) = upsert(db, [IncomingContact(None, asked.phone, {})], deployed.project.timezone, now)
    if isinstance(who, NotTaken):
        raise Refused(f"this number cannot be texted: {who.reason}")
    person = facts.people(db, [who.id])[who.id]
    run = Run(
        db.ids("run", 1), who.id, asked.flow, 0, asked.step, "exited", f"a test of {asked.flow}, {asked.step}", None, None,
        now, now, None,
    )  # fmt: skip
    known = {**person.fields, **asked.given}
    project = deployed.project
    person = person._replace(fields=_samples(project, message.text, "contact", project.contact_fields) | known)
    shown = Facts(person, _event(project, program, message.text))
    shown.offer({name: CouponFact(program.settings.coupons[name].sample) for name in message.text.coupon_names})
    effect = _rendered(program, block, run, shown, now)
    ours = run._replace(flow=TESTS, step=TEST_STEP)
    runs.insert(db, [ours], now, deployed.names)
    written = effect._replace(step=TEST_STEP)
    outbox.insert(db, [(ours, written)], now, deployed.id, deployed.names, now - AHEAD)
    return SampleMessage(outbox.id_of(db, who.id, run.id), who.phone, effect)


def _rendered(program: Program, block: Block, run: Run, known: Facts, now: int) -> SendMessage:
    person, countries = known.person, program.settings.countries
    candidate = Candidate(now, "test", person.consent_at(now), person.region, countries, now + HOUR, person.unreachable)
    answer = first_verdict(candidate)
    if isinstance(answer, Never):
        raise Refused(f"{person.phone} gets no test: {answer.reason}")
    outcome = block.write_message(Context(program, run, known, now), candidate)
    assert isinstance(outcome, Next)
    effect = outcome.effects[-1]  # before it stand remarks for the story
    if isinstance(effect, Skip):
        raise Refused(f"this step sends nothing to {person.phone}: {effect.reason}")
    assert isinstance(effect, SendMessage)
    return effect


def _event(project: Project, program: Program, text: Text | Translations) -> Mapping[str, Any]:
    declared = [project.events.get(trigger.event or "", {}) for trigger in program.triggers]
    return _samples(project, text, "event", {name: spec for specs in declared for name, spec in specs.items()})


def _samples(project: Project, text: Text | Translations, root: str, specs: Mapping[str, FieldSpec]) -> dict[str, Any]:
    """A value for each field that the text shows and has no default for; a URL where it makes a link of it."""
    shown = [place for place in text.paths if not place.has_default or place.field != place.path]
    links = {place.path for place in shown if place.in_link}
    wanted = ((path, path.split(".")) for path in (place.field for place in shown))
    host = next(iter(project.link_hosts), "acme.example")
    return _nested(
        (
            (names[1:], FieldSpec("url") if path in links else specs.get(names[1], FieldSpec()))
            for path, names in wanted
            if names[0] == root
        ),
        host,
    )


def _nested(wanted: Iterable[tuple[list[str], FieldSpec]], host: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for names, spec in wanted:
        at = found
        for name in names[:-1]:
            at = at.setdefault(name, {})
        at[names[-1]] = convert(spec, _sample(names[-1], spec, host))
    return found


def _sample(name: str, spec: FieldSpec, host: str) -> object:
    if spec.type == "list":
        return [{inner: _sample(inner, each, host) for inner, each in spec.of.items()}]
    if spec.type == "url":
        return f"https://{host}/sample"
    return SAMPLES.get(spec.type, name.replace("_", " ").capitalize())
