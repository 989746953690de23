"""What people did as lines of a file: those of `events export`, which `backtest` reads.

    {"contact": {"key", "phone", …fields}, "consent"}                                 a person, before the first thing that they did
    {"event", "contact": {"key", "phone"}, "occurred_at", "data", "id"}               as `events import` takes it
    {"start": FLOW …}, {"entered": FLOW …}, {"consent": STATUS …}
    {"clicked": LINK … "since"}, {"replied": TEXT … "since"}                          `since`: the message that they answered
    {"delivered": STEP … "since"}, {"undelivered": STEP …}, {"failed": STEP …}

`since` is {"flow", "step", "ms", "nth"}: so many ms after that message left; `nth` where it was not the first of that step.

Invariants: without numbers, none of the contact's number is written, in whatever way it is spelled in a key, a field, a text or data: a
hash with this database's own key is in its place, and beside it the country, the states and the zones that the number may mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from engine.clock import instant
from engine.messaging import zones
from engine.messaging.numbers import mask_numbers
from engine.store.queries.recorded import Fact, Recorded

Line = dict[str, Any]
HASH_BYTES = 12
LEAST_DIGITS = 7  # of a number: fewer in a row may be anything


def lines(person: Recorded, hidden: bytes | None = None) -> Iterator[Line]:
    """The person, then what they did, by time. `hidden`: the key of the hashes, where numbers are left out."""
    if hidden is None:
        who: Line = {"key": person.key, "phone": person.phone}
        clean: Callable[[Any], Any] = _as_it_is
        about: Line = {}
    else:
        who = {"key": hashed(person.phone, hidden)}
        clean = _without(person.phone)
        about = {"number": _place(person)}
    until = {} if person.consent_ends is None else {"expires": person.consent_ends}
    yield {"contact": {**who, **clean(person.fields)}, **about, "consent": person.consent, **until}
    for fact in person.facts:
        yield _line(fact, who, clean, with_id=hidden is None)


def hashed(phone: str, key: bytes) -> str:
    """The same for the same number and key; the number cannot be read from it without the key."""
    return blake2b(phone.encode(), key=key, person=b"exported", digest_size=HASH_BYTES).hexdigest()


def _line(fact: Fact, who: Line, clean: Callable[[Any], Any], with_id: bool) -> Line:
    since = fact.answered
    name = fact.name or (since.step if since is not None else "")
    line: Line = {fact.kind: clean(fact.data["text"]) if fact.kind == "replied" else name}
    line |= {"contact": who, "occurred_at": instant(fact.at)}
    if fact.kind in ("event", "start"):
        line["data"] = clean(fact.data)
        if with_id and fact.outside_id:
            line["id"] = fact.outside_id.removeprefix("ev:")
    elif fact.kind != "replied":
        line |= clean(fact.data)
    if since is not None:
        line["since"] = {"flow": since.flow, "step": since.step, "ms": max(fact.at - since.sent_at, 0)}
        if since.nth > 1:
            line["since"]["nth"] = since.nth
    return line


def _place(person: Recorded) -> Line:
    area = zones.area_of(person.phone)
    return {
        "country": person.region,
        "states": list(area.states) if area is not None else [],
        "timezones": list(zones.candidates(person.phone, None, person.zone, person.region)),
    }


def _as_it_is(value: Any) -> Any:
    return value


def _without(phone: str) -> Callable[[Any], Any]:
    """Takes this number, and any that is written like one, out of a value."""
    digits = phone.lstrip("+")
    local = digits[1:] if phone.startswith("+1") else digits[-max(LEAST_DIGITS, len(digits) - 3) :]
    own = re.compile(r"\+?\d{0,3}\D{0,2}" + r"[^\d\n]{0,4}".join(local))

    def clean(value: Any) -> Any:
        if isinstance(value, str):
            return mask_numbers(own.sub("•••", value))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return None if local in str(value) else value
        if isinstance(value, Mapping):
            return {clean(name): clean(each) for name, each in value.items()}
        return [clean(each) for each in value] if isinstance(value, list | tuple) else value

    return clean
