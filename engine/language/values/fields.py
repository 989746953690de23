"""Types of the fields of contacts and events, and the conversion of raw values (a CSV cell, a JSON value).

Invariants: a value is converted to its declared type or rejected with a reason, never guessed. The result is plain JSON: text, whole
number, number, true/false, a date as YYYY-MM-DD, a timestamp as UTC YYYY-MM-DDTHH:MM:SSZ, money in units of the currency, a web address,
a list of objects with such values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple, get_args

from engine.language.diagnostics.findings import or_nearest
from engine.language.diagnostics.wording import kind_of
from engine.language.values.urls import is_web_address
from engine.messaging import languages, zones

FieldType = Literal[
    "text", "integer", "number", "boolean", "time", "date", "money", "url", "list", "tags", "zone", "language"
]
WRITABLE_TYPES = get_args(FieldType)[:8]
"""Those that a project may declare anywhere; `list` belongs to events, `tags`, `zone` and `language` are of built-in fields alone."""

LONGEST_TEXT = 2_000
MOST_ROWS = 50  # of a list
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn"}


class FieldSpec(NamedTuple):
    """What is known of a field.

    `max`: the worst-case length of a text, for counting; `required`: it is never missing; `limit`: the most characters of it that a
    message shows; None: no limit, the value is never cut. `of`: the fields of a list's rows.
    """

    type: FieldType = "text"
    max: int = 20
    required: bool = False
    limit: int | None = None
    of: Mapping[str, FieldSpec] = {}

    @property
    def naming(self) -> tuple[str, ...]:
        """The fields that a row of a list may be called by, the first that it has: `title`, `name`, the first text."""
        texts = [name for name, spec in self.of.items() if spec.type == "text"]
        usual = [name for name in USUAL_NAMES if name in texts]
        return tuple(dict.fromkeys((*usual, *texts[:1])))


USUAL_NAMES = ("title", "name")


def kind_words(spec: FieldSpec) -> str:
    """`text`; of a list also its rows' fields: `list of title: text, price: money`."""
    return f"list of {', '.join(f'{name}: {each.type}' for name, each in spec.of.items())}" if spec.of else spec.type


BUILT_IN_FIELDS: Mapping[str, FieldSpec] = {
    "phone": FieldSpec(max=16, required=True),
    "key": FieldSpec(max=64, required=True),
    "first_name": FieldSpec(limit=20),
    "last_name": FieldSpec(limit=20),
    "email": FieldSpec(max=64),
    "country": FieldSpec(max=2, required=True),
    "state": FieldSpec(),
    "timezone": FieldSpec("zone", required=True),
    "language": FieldSpec("language", max=8),
    "tags": FieldSpec("tags"),
    "birthday": FieldSpec("date", max=10),
}


PERSON_NAMES = ("first_name", "last_name")
NO_NAMES = (
    "NULL", "null", "(null)", "[null]", "nil", "NIL", "None", "none", "NONE", "(none)", "NaN", "nan", "undefined", "UNDEFINED",
    "N/A", "n/a", "#N/A", "Unknown", "unknown", "UNKNOWN", "-", "--", "–", "—", "_", ".", "?",
)  # fmt: skip
"""What other programs write where they have no name. As it is spelled: Null, Nan and Na are people's names."""


class BadValue(ValueError):
    """A value that is not of its field's type. `path` names it where it is one of several."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.reason = reason
        self.path = path


def convert(field: FieldSpec, raw: object) -> Any:
    """`raw` as the field's type; None where it is missing (null or an empty text). Raises BadValue."""
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    return _rows(field.of, raw) if field.type == "list" else _CONVERTERS[field.type](raw)


def convert_named(specs: Mapping[str, FieldSpec], name: str, raw: object) -> Any:
    """The same for the field of that name: as a person's name some words are none. Raises BadValue, KeyError."""
    if name in PERSON_NAMES and isinstance(raw, str) and raw.strip() in NO_NAMES:
        return None
    return convert(specs[name], raw)


def convert_all(specs: Mapping[str, FieldSpec], data: Mapping[str, object], what: str) -> dict[str, Any]:
    """Every value by its spec; missing ones left out. Raises BadValue with the path of the first that is unknown or does not fit."""
    made: dict[str, Any] = {}
    for name, raw in data.items():
        if name not in specs:
            raise BadValue(f"{what} has no such field{or_nearest(name, specs)}", str(name))
        try:
            value = convert_named(specs, name, raw)
        except BadValue as error:
            raise BadValue(error.reason, name + error.path) from None
        if value is not None:
            made[name] = value
    return made


def none_missing(specs: Mapping[str, FieldSpec], made: Mapping[str, object]) -> None:
    """Raises BadValue with the path of the first required field that is missing."""
    for name, spec in specs.items():
        if spec.required and name not in made:
            raise BadValue("is required and missing", name)


def _rows(of: Mapping[str, FieldSpec], raw: object) -> list[dict[str, Any]]:
    """A list, its rows converted. Raises BadValue with the place in it: `[3].price`."""
    if not isinstance(raw, list):
        raise BadValue(f"expected a list, got {kind_of(raw)}")
    if len(raw) > MOST_ROWS:
        raise BadValue(f"a list of {len(raw):,} rows, and at most {MOST_ROWS} are taken")
    return [_row(of, row, f"[{number}]") for number, row in enumerate(raw)]


def _row(of: Mapping[str, FieldSpec], raw: object, place: str) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise BadValue(f"expected an object with the fields {', '.join(of)}, got {kind_of(raw)}", place)
    try:
        made = convert_all(of, raw, "a row")
        none_missing(of, made)
    except BadValue as error:
        raise BadValue(error.reason, f"{place}.{error.path}") from None
    return made


def plain(raw: object, path: str = "data") -> Any:
    """An undeclared value: kept as it is, its texts cleaned. Raises BadValue where it is nested too deep or too long."""
    if isinstance(raw, str):
        return _text(raw)
    if isinstance(raw, int | float) and not -(10**18) < raw < 10**18:  # not a number is out of all bounds as well
        raise BadValue("the number is too large", path)
    if raw is None or isinstance(raw, bool | int | float):
        return raw
    if isinstance(raw, list) and all(isinstance(each, str) for each in raw):
        return [_text(each) for each in raw]
    stored = "only text, numbers, true, false and lists of text can be stored"
    raise BadValue(
        f"{stored}; a list of rows must be declared in leadoff.yaml" if isinstance(raw, list) else stored, path
    )


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise BadValue(f"expected text, got {raw!r}"[:80])
    # A contact's values are data: nothing invisible may ride along into a message or onto a terminal.
    if raw.isascii() and raw.isprintable():
        kept = raw
    else:
        joined = unicodedata.normalize("NFC", raw)
        kept = "".join(mark for mark in joined if mark == "\u200d" or unicodedata.category(mark) not in _UNWANTED)
    if len(kept) > LONGEST_TEXT:
        raise BadValue(f"a text of {len(kept)} characters is longer than {LONGEST_TEXT}")
    return kept.strip()


def _url(raw: object) -> str:
    text = _text(raw)
    if not is_web_address(text):
        raise BadValue(f"expected a web address like https://acme.example/spring, got {raw!r}"[:120])
    return text


def _integer(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        value = raw
    elif (isinstance(raw, float) and raw.is_integer()) or (isinstance(raw, str) and _WHOLE.fullmatch(raw.strip())):
        value = int(raw)
    else:
        raise BadValue(f"expected a whole number, got {raw!r}"[:80])
    if abs(value) >= 10**18:
        raise BadValue("a whole number of more than 18 digits")
    return value


def _number(raw: object) -> int | float:
    try:
        if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
            raise InvalidOperation
        if isinstance(raw, str) and not re.fullmatch(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", raw.strip()):
            raise InvalidOperation
        exact = Decimal(str(raw).strip())
    except InvalidOperation:
        raise BadValue(f"expected a number, got {raw!r}"[:80]) from None
    if not exact.is_finite() or abs(exact) >= 10**18:
        raise BadValue("the number is too large")
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _money(raw: object) -> int | float:
    value = _number(raw)
    if round(value * 1_000_000) / 1_000_000 != value:
        raise BadValue("money has at most six decimals")
    return value


def _boolean(raw: object) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in ("true", "false"):
        return raw.strip().lower() == "true"
    raise BadValue(f"expected true or false, got {raw!r}"[:80])


def _date(raw: object) -> str:
    if isinstance(raw, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", raw.strip()):
        try:
            return date.fromisoformat(raw.strip()).isoformat()
        except ValueError:
            pass
    raise BadValue(f"expected a date like 2026-11-27, got {raw!r}"[:80])


def _time(raw: object) -> str:
    try:
        moment = datetime.fromisoformat(raw.strip()) if isinstance(raw, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        pass
    raise BadValue(f"expected a timestamp with a UTC offset like 2026-11-27T09:00:00Z, got {raw!r}"[:80])


def _tags(raw: object) -> list[str]:
    parts = raw.split("|") if isinstance(raw, str) else raw
    if not isinstance(parts, list):
        raise BadValue("tags must be text with | between them, or a list of text")
    kept = (_text(part) for part in parts)
    return sorted({tag for tag in kept if tag})


def _zone(raw: object) -> str | None:
    """None for the name of an offset: it is ignored (T2)."""
    name = _text(raw)
    if zones.placeless(name):
        return None
    if not zones.meant_by(name):
        raise BadValue(f"no such time zone: {name!r}"[:80])
    return name


def _language(raw: object) -> str:
    """`es_mx` as `es-MX`; what is no tag stays what it is, and gets the default texts."""
    text = _text(raw)
    return languages.normal(text) or text


PLACELESS = 'is not a place, so the zone is taken from the number; write one like "America/New_York"'


def zone_warning(raw: object) -> str | None:
    """The warning about a contact's `timezone` that is accepted and ignored."""
    return f"timezone {PLACELESS}" if isinstance(raw, str) and zones.placeless(raw) else None


_CONVERTERS: Mapping[FieldType, Callable[[object], Any]] = {
    "text": _text,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "time": _time,
    "date": _date,
    "money": _money,
    "url": _url,
    "tags": _tags,
    "zone": _zone,
    "language": _language,
}
