"""LO324: an event of Leadoff's own that somebody declares, emits or maps. LO536: a flow that answers every text. LO537: a text behind an
opt-out."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import (
    CANNOT_BE_SENT,
    OWN_EVENTS,
    RECEIVED,
    UNREADABLE,
    UNSUBSCRIBED,
    Draft,
    EventTrigger,
    Finding,
    LintContext,
    finding,
    message_of,
    place_of,
    value_at,
)


def own_events(world: LintContext) -> Iterator[Finding]:
    yield from _declared(world)
    for draft in world.drafts:
        yield from _emitted(draft)
        yield from _texts(draft)


def _declared(world: LintContext) -> Iterator[Finding]:
    for name in OWN_EVENTS if "events" not in world.unknown else ():
        if name in world.project.events:
            help = "take it out: flows can name it as it is, or choose another name"
            message = f'"{name}" is an event of Leadoff\'s own'
            yield finding(world.document, "LO324", message, ("events", name), help, at="key")
    for source, model in world.project.sources.items() if "sources" not in world.unknown else ():
        for topic, written in model.events.items() if model.events is not UNREADABLE else ():
            if written.event is not UNREADABLE and written.event in OWN_EVENTS:
                at = ("sources", source, "events", topic, "event")
                yield finding(world.document, "LO324", f'"{written.event}": {CANNOT_BE_SENT}', at, _ANOTHER)


_ANOTHER = "choose another name for the event"


def _emitted(draft: Draft) -> Iterator[Finding]:
    for step in draft.steps():
        for event in step.block.emits_events():
            if event in OWN_EVENTS:
                at = place_of(step, "event", value_at(draft.document.data, step.path))
                yield draft.finding("LO324", f'"{event}": {CANNOT_BE_SENT}', at, _ANOTHER)


def _texts(draft: Draft) -> Iterator[Finding]:
    texts = [step for step in draft.steps() if message_of(step.block) is not None]
    for loc, trigger in draft.event_triggers() if texts else ():
        if trigger.event == RECEIVED and draft.flow.entry.again_after == "always":
            help = (
                "write `entry: {again_after: 1d}`: a phone that answers by itself would get a text for each of its own"
            )
            yield draft.finding("LO536", "every text of a contact is answered with another", loc, help)
        elif trigger.event == UNSUBSCRIBED:
            yield from _behind_an_opt_out(draft, trigger, [(*step.path, step.block.verb) for step in texts])


def _behind_an_opt_out(draft: Draft, trigger: EventTrigger, texts: list[tuple[int | str, ...]]) -> Iterator[Finding]:
    for at in texts:
        message = f"no text is sent to a contact who has opted out, and {trigger.event} starts this flow"
        help = "take this step out; a webhook, an update or an emit may follow an opt-out"
        yield draft.finding("LO537", message, at, help, at="key")
