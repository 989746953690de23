"""Small values of the language: durations, ids, names, zones, phone numbers, prices, texts and numbers.

Invariants: nothing is guessed. A number where text is expected is an error that says to quote it, and the reverse; every error shows a
valid example. Every type is an annotated plain type, so the field of a model holds an `int`, a `str` or a `Duration`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from engine.core.calendar import DAY, Duration
from engine.language.diagnostics.findings import did_you_mean, shortened
from engine.language.diagnostics.wording import kind_of, one_of, problem, wrong_kind
from engine.messaging import providers
from engine.messaging.numbers import E164
from engine.messaging.zones import meant_by, placeless, valid_zone, zone_names

LONGEST_DURATION = 5 * 365 * DAY + 2 * DAY  # five years have at most two leap days
MILLIONTHS = 1_000_000
DEAREST = 1_000 * MILLIONTHS
RICHEST = 1_000_000 * MILLIONTHS
RESERVED = ("entry", "ever")  # words that `since:` knows beside step ids

_DURATION = re.compile(r"(?:([0-9]+)w)?(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?")
_ID = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_VALUE = re.compile(rf"(?:contact|event)(?:\.{_FIELD.pattern}(?:\[[0-9]{{1,2}}\])?)+")
_CLICKED = re.compile(f"{_ID.pattern}|{_VALUE.pattern}")
_EVENT = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*")


def parse_text(value: object) -> str:
    """A text, unchanged. Raises LO206."""
    if not isinstance(value, str):
        raise wrong_kind("text", value)
    return value


def parse_number(value: object) -> int | float | Decimal:
    """A number, `true` and `false` excluded. Raises LO206."""
    if is_number(value):
        return value  # type: ignore[return-value]
    raise not_unquoted("a number", value)


def parse_whole(value: object) -> int:
    """A whole number. Raises LO206."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise not_unquoted("a whole number", value)


def parse_flag(value: object) -> bool:
    """`true` or `false`. Raises LO206."""
    if isinstance(value, bool):
        return value
    meant = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
    near = meant.get(value.lower()) if isinstance(value, str) else None
    raise problem(
        "LO206",
        f"expected true or false, got {kind_of(value)}",
        f"write {near}, without quotes" if near else None,
        instead=near,
    )


def is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def parse_duration(value: object) -> Duration:
    """`1d12h`: weeks and days by the calendar, the rest elapsed. Raises LO230."""
    if not isinstance(value, str):
        help = f"add a unit: {shortened(str(value))}h, {shortened(str(value))}d" if is_number(value) else _DURATION_HELP
        raise problem("LO230", f"expected a duration, got {kind_of(value)}", help)
    match = _DURATION.fullmatch(value)
    if not value or match is None:
        meant = _duration_meant(value)
        help = f'did you mean "{meant}"?' if meant else _duration_hint(value)
        raise problem("LO230", f'"{shortened(value)}" is not a duration', help, instead=meant)
    # 12 digits are far beyond the longest duration, in any unit: nothing larger is worked out.
    weeks, days, hours, minutes, seconds = (min(int(part[:13]), 10**12) if part else 0 for part in match.groups())
    duration = Duration(weeks * 7 + days, ((hours * 60 + minutes) * 60 + seconds) * 1000)
    length = duration.nominal
    if not 0 < length <= LONGEST_DURATION:
        wrong = "longer than 5 years" if length else "zero"
        raise problem("LO230", f'"{shortened(value)}" is {wrong}', "a duration must be more than 0 and at most 5 years")
    return duration


_DURATION_HELP = 'write it like "30m", "2d" or "1d12h": the units w, d, h, m, s, largest first, each at most once'


def _duration_meant(value: str) -> str | None:
    """`2 Days` in the notation of the language."""
    lower = value.strip().lower().replace(" ", "")
    if lower != value and lower and _DURATION.fullmatch(lower):
        return lower
    words = re.fullmatch(r"([0-9]{1,9})(second|sec|minute|min|hour|hr|day|week|wk)s?", lower)
    return f"{words[1]}{words[2][0]}" if words else None


def _duration_hint(value: str) -> str:
    if re.search(r"[0-9]\.[0-9]", value):
        return f"whole numbers only: 1d12h instead of 1.5d. {_DURATION_HELP}"
    return _DURATION_HELP


def parse_id(value: object) -> str:
    """The id of a flow, a link or a sender. Raises LO231."""
    return _matching(_ID, "LO231", "an id", _ID_HELP, value)


def parse_clicked(value: object) -> str:
    """What a click is known by: the name of a link, or `event.cart_url` of `short(event.cart_url)`. Raises LO231."""
    return value if isinstance(value, str) and names_value(value) else parse_id(value)


def names_value(link: str) -> bool:
    """Whether the name of a link is the path of its value, and no name of leadoff.yaml."""
    return "." in link and _VALUE.fullmatch(link) is not None


def parse_step_id(value: object) -> str:
    """A step's id. Raises LO231."""
    if value in RESERVED:
        raise problem(
            "LO231",
            f'a step cannot have the id "{value}"',
            f"`since: {value}` has a meaning of its own: choose another id",
        )
    return parse_id(value)


_ID_HELP = "an id has at most 64 characters, a-z, 0-9, _ and -, and starts with a letter: hero, last_chance"


def parse_event_name(value: object) -> str:
    """The name of an event, `order.placed`. Raises LO232."""
    help = "a name has letters, digits, _ and -, in parts separated by dots: order.placed"
    name = _matching(_EVENT, "LO232", "an event's name", help, value)
    if len(name) > 100:
        raise problem("LO232", "this event's name is longer than 100 characters", help)
    return name


def parse_field_name(value: object) -> str:
    """The name of a contact's or event's field. Raises LO232."""
    return _matching(
        _FIELD,
        "LO232",
        "a field's name",
        "a name has letters, digits and _, and starts with a letter: loyalty_tier",
        value,
    )


def parse_zone(value: object) -> str:
    """The name of a time zone, `America/New_York`. Raises LO233."""
    name = parse_text(value)
    if not meant_by(name) and not valid_zone(name):
        help = did_you_mean(name, zone_names(), 'time zones have names like "America/New_York" or "UTC"')
        raise problem("LO233", f'there is no time zone "{shortened(name)}"', help)
    return name if placeless(name) else meant_by(name)[0]


def parse_phone(value: object) -> str:
    """A number as E.164 text; whether it can be texted is not checked here. Raises LO234."""
    help = 'write it in quotes, with + and the country code: "+12025550143"'
    if not isinstance(value, str):
        raise problem("LO234", f"a phone number is a text, not {kind_of(value)}", help)
    return _matching(E164, "LO234", "a phone number", help, value)


def parse_price(value: object) -> int:
    """An amount of money as millionths of the currency, from a number. Raises LO235."""
    return _millionths(value, "a price", DEAREST, "0.015")


def parse_budget(value: object) -> int:
    """An amount for a whole day, as millionths of the currency, from a number. Raises LO235."""
    return _millionths(value, "a budget", RICHEST, "250.00")


def _millionths(value: object, what: str, most: int, example: str) -> int:
    if not is_number(value):
        raise not_unquoted("an amount of money", value, "LO235")
    amount = Decimal(str(value)) * MILLIONTHS
    if not 0 <= amount <= most or amount != int(amount):
        bounds = f"at least 0, at most {most // MILLIONTHS}, with at most 6 decimals"
        raise problem("LO235", f"{shortened(str(value))} is not {what}", f"{what} is {bounds}: {example}")
    return int(amount)


def _matching(pattern: re.Pattern[str], code: str, what: str, help: str, value: object) -> str:
    text = parse_text(value)
    if not pattern.fullmatch(text):
        raise problem(code, f'"{shortened(text)}" is not {what}', help)
    return text


def not_unquoted(wanted: str, value: object, code: str = "LO206") -> PydanticCustomError:
    """A number is expected; if a text spells one, the fix is that number."""
    meant = number_meant(value)
    help = None if meant is None else f"write it without quotes: {meant}"
    if meant is not None and meant != value:
        help = f"remove the leading 0: {meant}"
    return problem(code, f"expected {wanted}, got {kind_of(value)}", help, instead=meant)


def number_meant(value: object) -> str | None:
    """The number that a text spells, as YAML writes it: of `0123` that is 123."""
    spelt = re.fullmatch(r"(-?)0*([0-9]{1,20}(?:\.[0-9]{1,20})?)", value) if isinstance(value, str) else None
    return f"{spelt[1]}{spelt[2]}" if spelt else None


def validated(parse: Callable[[object], Any], **written: Any) -> PlainValidator:
    """`written`: its JSON Schema, for editors."""
    return PlainValidator(parse, json_schema_input_type=Annotated[Any, WithJsonSchema(written)])


def text_type(parse: Callable[[object], Any], pattern: re.Pattern[str], *examples: str) -> PlainValidator:
    """A text of that pattern."""
    return validated(parse, type="string", minLength=1, pattern=f"^(?:{pattern.pattern})$", examples=list(examples))


StrictText = Annotated[str, validated(parse_text, type="string")]
Whole = Annotated[int, validated(parse_whole, type="integer")]
Flag = Annotated[bool, validated(parse_flag, type="boolean")]
DurationText = Annotated[Duration, text_type(parse_duration, _DURATION, "30m", "2d", "1d12h")]
StepId = Annotated[str, text_type(parse_step_id, _ID, "hero", "last_chance")]
FlowId = Annotated[str, text_type(parse_id, _ID, "spring-drop")]
Clicked = Annotated[str, text_type(parse_clicked, _CLICKED, "shop", "event.cart_url")]
LinkName = Annotated[str, text_type(parse_id, _ID, "shop")]
CouponName = Annotated[str, text_type(parse_id, _ID, "spring10")]
GoalName = Annotated[str, text_type(parse_id, _ID, "purchase")]
SenderName = Annotated[str, text_type(parse_id, _ID, "main")]
SegmentName = Annotated[str, text_type(parse_id, _ID, "vip")]
EventName = Annotated[str, text_type(parse_event_name, _EVENT, "order.placed")]
FieldName = Annotated[str, text_type(parse_field_name, _FIELD, "loyalty_tier")]
ZoneName = Annotated[str, validated(parse_zone, type="string", examples=["America/New_York", "UTC"])]
PhoneText = Annotated[str, text_type(parse_phone, E164, "+12025550143")]
Price = Annotated[int, validated(parse_price, type="number", minimum=0, maximum=1000, examples=[0.015])]
"""Millionths of the project's currency."""
BudgetText = Annotated[int, validated(parse_budget, type="number", minimum=0, maximum=1_000_000, examples=[250.0])]


def _provider(value: object) -> str:
    if not providers.exists(value):
        raise one_of(value, providers.names())
    return str(value)


class _ProviderNames(WithJsonSchema):
    """Made when it is asked for, not at import: a package may bring a provider."""

    def __init__(self) -> None:
        self.mode = None

    @property
    def json_schema(self) -> dict[str, Any]:  # type: ignore[override]
        return {"enum": list(providers.names())}


ProviderName = Annotated[str, PlainValidator(_provider), _ProviderNames()]
