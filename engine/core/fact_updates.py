"""What a step's own effects change of the facts that the rest of the sprint reads.

Invariants: the shell stores the same changes in the sprint's transaction, so the next sprint finds what this one has seen.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.context import Context
from engine.core.effects import Effect, EmitEvent, SendMessage, UpdateContact
from engine.core.facts import EventFact, Person
from engine.core.gates.caps import SentMarketing
from engine.messaging.zones import zone_of

NOT_STORED = 0
"""The id of an event that is made in this sprint: no stored one has it."""


def apply_effects(ctx: Context, effects: Iterable[Effect]) -> None:
    """Apply to `ctx` what these effects change."""
    for effect in effects:
        if type(effect) is UpdateContact:
            ctx.facts.person = updated(ctx.facts.person, effect, ctx.program.settings.timezone)
        elif type(effect) is EmitEvent:
            ctx.facts.add_event(effect.event, EventFact(ctx.now, effect.data, NOT_STORED))


def count_sent(ctx: Context, effects: Iterable[Effect]) -> None:
    """Add the messages that this step has written to the facts of the steps after it: they count for a cap."""
    for effect in effects:
        if type(effect) is SendMessage and effect.category == "marketing":
            ctx.facts.add_texted(SentMarketing(ctx.now, ctx.run.id))


def updated(person: Person, update: UpdateContact, default_zone: str) -> Person:
    """The contact after an update."""
    fields = update.fields(person.fields)
    own = update.set.get("timezone", person.own_zone)
    zone = fields["timezone"] = zone_of(person.phone, person.region, own, default_zone)
    return person._replace(zone=zone, fields=fields, consent=update.consent or person.consent, own_zone=own)
