"""What a text or a condition is asked with: real programs, runs and facts, with a few things said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from engine.core.context import Context, Run, Settings
from engine.core.facts import ClickFact, EventFact, Facts, MessageFact, Needs, Person, ReplyFact
from engine.core.program import Entry, Program

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ENTERED = 1_806_580_800_000  # 2027-04-01 12:00 in New York
ARRIVED = ENTERED + 2 * HOUR
NOW = ENTERED + 4 * HOUR
START_EVENT = 7  # the id of the event that started the run

SETTINGS = Settings(
    project="shop",
    brand="Acme",
    timezone="UTC",
    public_url="https://sms.acme.example",
    secret=b"secret",
    links={"shop": "https://acme.example/spring", "cart": "https://acme.example/cart"},
    media={},
    senders=(),
    countries=frozenset(("US",)),
    prices={},
)
PROGRAM = Program(
    flow="spring-drop",
    revision="r1",
    category="marketing",
    triggers=(),
    entry=Entry(None, "ignore", None, False),
    exits=(),
    exit_needs=Needs(),
    trigger_needs=Needs(),
    nodes=(),
    places={},
    first_needs=Needs(),
    settings=SETTINGS,
)


def context(
    contact: Mapping[str, Any] | None = None,
    event: Mapping[str, Any] | None = None,
    events: Mapping[str, tuple[EventFact, ...]] | None = None,
    clicks: tuple[ClickFact, ...] | None = None,
    messages: Mapping[str, str] | None = None,
    left: Mapping[str, int] | None = None,
    now: int = NOW,
    waiting: bool = False,
    replies: tuple[ReplyFact, ...] | None = None,
    program: Program = PROGRAM,
) -> Context:
    """A run that entered at ENTERED; `waiting`: it came to its step at ARRIVED and is asked again, else it arrives now."""
    person = Person(1, "+12025550143", "US", "America/New_York", contact or {}, "subscribed")
    states = None if messages is None else {step: MessageFact(state, ENTERED) for step, state in messages.items()}
    facts = Facts(person, event or {}, events, clicks, states, left, replies)
    run = Run(3, 1, "spring-drop", 0, "hero", "waiting", None, None, None, ENTERED, ARRIVED, START_EVENT)
    asked = Context(program, run, facts, now)
    asked.due = NOW if waiting else None
    return asked


def mistakes(type_: Any, value: object) -> list[tuple[str, tuple[str | int, ...], str]]:
    """What is wrong with a value: code, place, and the message with its way out."""
    try:
        TypeAdapter(type_).validate_python(value)
    except ValidationError as error:
        found = error.errors(include_url=False)
        return [(each["type"], each["loc"], f"{each['msg']} / {each['ctx'].get('help')}") for each in found]
    return []
