"""The people of a file that `events export` wrote, or whose lines are as `events import` takes them: each with what was done, by time.

Invariants: the file may be larger than memory, and its lines in any order: they are put together on disk, person by person. A number that
was left out is stood in for by one for fiction of the same country, states and zones, where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from engine.errors import UsageError
from engine.messaging import numbers, zones
from engine.messaging.numbers import BadNumber
from engine.store.lines_by_person import Line, LinesByPerson

KINDS = ("event", "start", "clicked", "replied", "delivered", "undelivered", "failed", "consent", "entered")
HELP = "`leadoff events export` writes such a file"
LONGEST_LINE = 1_000_000  # bytes
_ABROAD = {"GB": "+447700900143"}  # Ofcom's numbers for fiction


class Since(NamedTuple):
    """The message that was answered: the `nth` one of the step, `ms` after it left."""

    flow: str
    step: str
    ms: int
    nth: int = 1


class Act(NamedTuple):
    """Something that a person did, or that happened to them. `kind` is one of KINDS, `at` UTC ms."""

    at: int
    kind: str
    name: str
    data: Mapping[str, Any]
    since: Since | None


class Person(NamedTuple):
    """`fields` have the phone and the key."""

    key: str
    fields: Mapping[str, Any]
    consent: str | None
    acts: tuple[Act, ...]
    consent_ends: int | None = None  # UTC ms


class _Bad(ValueError):
    """What is wrong with a line."""


def people(path: Path) -> Iterator[Person]:
    """In the order of their first lines. Raises UsageError with the line that cannot be read, before the first person."""
    with closing(LinesByPerson()) as aside:
        try:
            with path.open("rb") as stream:
                aside.add(_lines(path, stream))
        except OSError as error:
            raise UsageError(f"cannot read {path}: {error.strerror}") from error
        for who, texts in aside.people():
            yield _person(who, [orjson.loads(text) for text in texts])


def _lines(path: Path, stream: Any) -> Iterator[Line]:
    for number, text in enumerate(iter(lambda: stream.readline(LONGEST_LINE), b""), 1):
        if not text.strip():
            continue
        try:
            found = orjson.loads(text)
            yield Line(_checked(found), number, text)
        except ValueError as error:
            why = str(error) if isinstance(error, _Bad) else "this line is not JSON"
            raise UsageError(f"{path}:{number}: {why}", HELP) from None


def _checked(line: Any) -> str:
    """Whose line it is. Raises _Bad."""
    if not isinstance(line, dict) or not isinstance(line.get("contact"), dict):
        raise _Bad("a line is an object with a `contact`")
    who = line["contact"].get("key") or line["contact"].get("phone")
    if not isinstance(who, str):
        raise _Bad("a contact has a `key` or a `phone`")
    kind = _kind(line)
    if line.get("expires") is not None:
        _instant("expires", line)
    if kind is None:
        if "consent" not in line and "number" not in line and len(line) > 1:
            raise _Bad(f"this line says neither {', '.join(KINDS[:-1])} nor {KINDS[-1]}")
        return who
    if not isinstance(line[kind], str):
        raise _Bad(f"`{kind}` is a text")
    _act(kind, line)
    return who


def _kind(line: Mapping[str, Any]) -> str | None:
    """What happened; None for the person alone, whose consent has no time."""
    found = next((kind for kind in KINDS if kind in line), None)
    return None if found == "consent" and "occurred_at" not in line else found


def _instant(name: str, line: Mapping[str, Any]) -> int:
    """UTC ms. Raises _Bad."""
    try:
        moment = datetime.fromisoformat(line[name])
        if moment.tzinfo is None:
            raise ValueError
        return round(moment.timestamp() * 1000)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise _Bad(f"`{name}` is an instant with its zone: 2026-11-27T09:00:00Z") from None


def _act(kind: str, line: Mapping[str, Any]) -> Act:
    """Raises _Bad."""
    at = _instant("occurred_at", line)
    data = line.get("data") or {name: line[name] for name in ("reason", "segment", "no_mms", "expires") if name in line}
    if not isinstance(data, dict):
        raise _Bad("`data` is an object")
    if kind == "consent" and data.get("expires") is not None:
        data = {**data, "expires": _instant("expires", data)}
    since = line.get("since")
    try:
        answered = Since(since["flow"], since["step"], int(since["ms"]), int(since.get("nth", 1))) if since else None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _Bad("`since` has flow, step and ms") from None
    return Act(at, kind, line[kind], data, answered)


def _person(who: str, lines: list[dict[str, Any]]) -> Person:
    fields: dict[str, Any] = {}
    consent: str | None = None
    ends: int | None = None
    acts = []
    place: Mapping[str, Any] | None = None
    for line in lines:
        fields |= line["contact"]
        place = line.get("number") or place
        kind = _kind(line)
        if kind is None:
            consent = line.get("consent") or consent
            ends = _instant("expires", line) if line.get("expires") is not None else ends
        else:
            acts.append(_act(kind, line))
    fields.pop("consent", None)
    if "phone" not in fields:
        fields["phone"] = _stand_in(place) if place else who
        fields |= _placed(fields, place or {})
    acts.sort(key=lambda act: act.at)
    return Person(who, fields, consent, tuple(acts), ends)


def _placed(fields: Mapping[str, Any], place: Mapping[str, Any]) -> dict[str, Any]:
    """The zone as a field of the contact, where the number that stands in does not say it."""
    wanted = place.get("timezones") or []
    own = zones.candidates(fields["phone"], fields.get("timezone"), "", place.get("country"))
    return {"timezone": wanted[0]} if wanted and not fields.get("timezone") and list(own) != wanted else {}


def _stand_in(place: Mapping[str, Any]) -> str:
    """A number for fiction with this country, these states and zones; else of the country alone."""
    country = str(place.get("country"))
    same = []
    for area in range(201, 990):
        phone = f"+1{area}5550143"
        found = zones.area_of(phone)
        if found is not None and found.region == country:
            same.append(phone)
            if list(found.states) == place.get("states") and list(found.zones) == place.get("timezones"):
                return phone
    if same or country in _ABROAD:
        return same[0] if same else _ABROAD[country]
    return _example(country)


def _example(country: str) -> str:
    import phonenumbers

    found = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    phone = "+12025550143" if found is None else f"+{found.country_code}{found.national_number}"
    try:
        return numbers.parse(phone).e164
    except BadNumber:
        return "+12025550143"
