"""A contact and its consent as JSON. The models validate and describe the API at once.

Invariants: nothing is converted silently (a number is no text). An unknown key is rejected with the nearest known one. A timestamp has a
UTC offset (RFC 3339). Names hold no invisible characters. The project validates a contact's fields, not a model.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from engine.language.diagnostics.findings import or_nearest
from engine.language.values.fields import BadValue
from engine.store.storable import storable

LONGEST_NAME, LONGEST_PROOF = 200, 2_000
MOST_AHEAD = 300_000  # ms: clocks differ, but not by more
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_WANTED = {
    "missing": "is missing",
    "string_type": "expected text",
    "string_too_short": "must not be empty",
    "string_too_long": "is too long",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object",
}


def instant_of(raw: object) -> int:
    """UTC milliseconds. Raises ValueError."""
    if isinstance(raw, str) and _RFC3339.fullmatch(raw):
        try:
            moment = datetime.fromisoformat(raw.upper())
            if moment.year >= 1970:
                return max(0, round(moment.timestamp() * 1000))
        except (ValueError, OverflowError):
            pass
    raise ValueError("expected a timestamp with a UTC offset, like 2026-11-27T09:00:00Z")


def not_ahead(at: int, now: int, name: str) -> int:
    """A timestamp from outside, at most now. Raises BadValue if it is more than five minutes ahead (E4)."""
    if at > now + MOST_AHEAD:
        raise BadValue("is more than five minutes in the future", name)
    return min(at, now)


def _seen(text: str) -> str:
    if not text.isprintable():
        raise ValueError("it contains invisible characters")
    return text


Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME), AfterValidator(_seen)]
Instant = Annotated[
    int,
    BeforeValidator(instant_of),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-27T09:00:00Z"]}),
]


class Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Consent(Document):
    """What a person said to being texted, and where. It can give consent and take it; it never lifts an opt-out."""

    status: Literal["subscribed", "unsubscribed"]
    source: Name | None = Field(None, description="Where the contact agreed.", examples=["checkout"])
    at: Instant | None = Field(None, description="When the contact agreed; now by default.")
    expires: Instant | None = Field(
        None, description="From then on it is none, and no marketing is sent: implied consent. Never, by default."
    )
    proof: Annotated[str, StringConstraints(max_length=LONGEST_PROOF), AfterValidator(storable)] | None = Field(
        None, description="Proof: a form's URL, the wording, a reference."
    )


class Contact(Document):
    """Who: a number, a key of yours or both, and any of the project's fields, which are stored. null takes a field away."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"phone": "+12025550143", "first_name": "Ada", "consent": {"status": "subscribed"}}]
        },
    )
    phone: Name | None = Field(None, description="E.164.", examples=["+12025550143"])
    key: Name | None = Field(None, description="Your id for the contact; its number by default.")
    consent: Consent | Literal["subscribed", "unsubscribed"] | None = None


class NewNumber(Document):
    """Another number for a contact."""

    phone: Name = Field(description="E.164.", examples=["+12065550111"])


D = TypeVar("D", bound=Document)


def read(kind: type[D], raw: object) -> D:
    """Raises BadValue with the first thing that is wrong."""
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise _first(kind, error) from None


def _first(kind: type[Document], error: ValidationError) -> BadValue:
    wrong = error.errors(include_url=False, include_input=False)[0]
    steps = [str(step) for step in wrong["loc"] if step not in ("Consent", "[key]")]
    path = ".".join(steps)[:LONGEST_NAME]
    if wrong["type"] == "extra_forbidden":
        names = (Consent if steps[-2:-1] == ["consent"] else kind).model_fields
        return BadValue(f"there is no such key{or_nearest(steps[-1], names)}", path)
    message = wrong["msg"].removeprefix("Value error, ")
    return BadValue(_WANTED.get(wrong["type"], message[:1].lower() + message[1:]), path)
