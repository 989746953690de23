"""Parses one row of contacts.csv: its cells become a contact, or the first invalid cell is reported.

Invariants: personal values are masked in the errors file, and every value is masked in a reason. A cell that the export escaped against
spreadsheets is unescaped. A contact's country is that of the number; the column says in which one a national number is. An empty cell is
no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from engine.contacts.consent import wrong_end
from engine.contacts.csv_dialect import unquoted
from engine.contacts.csv_layout import Layout
from engine.contacts.people import meant
from engine.contacts.refused_opt_outs import OptOut, named
from engine.language.values.fields import BadValue, zone_warning
from engine.messaging import numbers

LONGEST_CELL = 2_000
LONGEST_KEY = 200
_NATIONAL = re.compile(r"[0-9 ().-]{7,24}")

OWN_COLUMNS = ("phone", "key", "country", "consent", "consent_at", "consent_expires", "consent_source")
"""Columns that are no fields to convert."""

_PERSONAL = ("phone", "key", "first_name", "last_name", "email", "birthday", "consent_source")
"""Columns with personal data."""

Consent = Literal["subscribed", "unsubscribed"]
Convert = Callable[[str, str], Any]
"""(field, cell) -> its value, None for a missing one; raises a ValueError whose `reason`, or text, says what is wrong."""


_CONSENTS: Mapping[str, Consent | None] = {
    **dict.fromkeys(("subscribed", "yes", "true", "1"), "subscribed"),
    "unsubscribed": "unsubscribed",
    **dict.fromkeys(("no", "false", "0", ""), None),
}
"""The meaning of a cell of `consent`, in any case. "no" is not an opt-out: shops also write it for a contact who never agreed."""


class ContactRow(NamedTuple):
    line: int  # where the row begins in the file, from 1
    key: str  # the phone where the file has none
    phone: str  # E.164
    region: str
    values: dict[str, Any]
    consent: Consent | None
    consent_at: int | None  # UTC ms
    consent_source: str | None
    warning: str | None = None  # it is accepted, and one of its values is ignored
    silent: bool = False  # its `consent` is no, false, 0 or empty
    consent_expires: int | None = None  # UTC ms


class PhoneRow(NamedTuple):
    line: int
    phone: str  # E.164


class Reject(NamedTuple):
    line: int
    column: str  # "" where it is the whole row
    value: str  # masked if it is personal
    reason: str
    opt_out: OptOut | None = None  # it counts, although the row is refused (C0)


class _BadCell(Exception):
    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.reason = column, reason


def read_row(
    line: int, layout: Layout, cells: list[str], convert: Convert, country: str | None
) -> ContactRow | Reject | None:
    """The contact of a row, the reject, or None if all cells are empty, or an export has no number there."""
    if not any(cells):
        return None  # spreadsheets write empty rows
    if len(cells) != layout.width:
        reason = f"the row has {len(cells)} cells, the header has {layout.width}"
        return Reject(line, "", "", reason, misplaced_opt_out(layout.columns, cells))
    found = layout.row(cells)
    if found is None:
        return None
    try:
        return _contact(line, found, convert, country)
    except _BadCell as error:
        return Reject(line, error.column, _mask(error.column, found[error.column]), error.reason, _opt_out(found))


def _opt_out(found: Mapping[str, str]) -> OptOut | None:
    if found.get("consent", "").casefold() != "unsubscribed":
        return None
    return named([found["phone"]], found.get("key"), found.get("consent_source"), "import")


def misplaced_opt_out(columns: Sequence[str], cells: Iterable[str]) -> OptOut | None:
    """The opt-out of a row whose columns are unknown: the word `unsubscribed` and a number."""
    texts = [unquoted(cell.strip().strip('"')) for cell in cells]
    if "consent" not in columns or "unsubscribed" not in [text.casefold() for text in texts]:
        return None
    return named(texts, None, None, "import")


def read_phone(line: int, place: int, cells: list[str], country: str | None) -> PhoneRow | Reject | None:
    """The number in that column of a row; the other cells are ignored."""
    if not any(cells):
        return None
    cell = unquoted(cells[place].strip()) if place < len(cells) else ""
    try:
        _check_text("phone", cell)
        return PhoneRow(line, _number(cell, country).e164)
    except _BadCell as error:
        reason = error.reason
    return Reject(line, "phone", _mask("phone", cell), reason)


def _contact(line: int, found: dict[str, str], convert: Convert, country: str | None) -> ContactRow:
    for column, cell in found.items():
        _check_text(column, cell)
    number = _number(found["phone"], _country(found) or country)
    key = found.get("key") or number.e164
    try:
        meant(key, number.e164)
    except BadValue as error:
        raise _BadCell("key", error.reason) from None
    if len(key) > LONGEST_KEY:
        raise _BadCell("key", f"a key has at most {LONGEST_KEY} characters")
    values = {}
    for field, cell in found.items():
        if cell and field not in OWN_COLUMNS:
            value = _converted(field, cell, convert)
            if value is not None:
                values[field] = value
    at, source = _instant("consent_at", found.get("consent_at", "")), found.get("consent_source") or None
    expires = _instant("consent_expires", found.get("consent_expires", ""))
    consent, warning = _consent(found.get("consent", "")), zone_warning(found.get("timezone"))
    if expires is not None and (wrong := wrong_end(consent, at, expires, "consent_at")) is not None:
        raise _BadCell("consent_expires", wrong)
    silent = consent is None and "consent" in found
    return ContactRow(line, key, number.e164, number.region, values, consent, at, source, warning, silent, expires)


def _country(found: Mapping[str, str]) -> str | None:
    """The one in which a national number of the row is."""
    named = found.get("country", "").upper()
    return named if numbers.is_region(named) else None


def _number(cell: str, country: str | None) -> numbers.Number:
    if re.fullmatch(r"(?i)[+-]?[0-9]+([.,][0-9]+)?e[+-]?[0-9]+", cell):
        raise _BadCell(
            "phone", "a spreadsheet has rounded this number: set the column's format to text, and enter it again"
        )
    try:
        return numbers.parse_written(cell, country)
    except numbers.BadNumber as error:
        hint = "; --country US accepts national numbers" if country is None and _NATIONAL.fullmatch(cell) else ""
        raise _BadCell("phone", f"{error.reason}{hint}") from None


def _check_text(column: str, cell: str) -> None:
    if cell.isascii() and cell.isprintable() and len(cell) <= LONGEST_CELL:
        return
    if len(cell) > LONGEST_CELL:
        raise _BadCell(column, f"a cell has at most {LONGEST_CELL:,} characters")
    try:
        cell.encode()
    except UnicodeEncodeError:
        raise _BadCell(column, "not UTF-8") from None
    if column in OWN_COLUMNS and not cell.isprintable():
        raise _BadCell(column, "it contains invisible characters")


def _converted(field: str, cell: str, convert: Convert) -> Any:
    try:
        return convert(field, cell)
    except ValueError as error:
        reason = str(getattr(error, "reason", error))
        # A reason that quotes the value would show it whole.
        before, quotes, _ = reason.partition(repr(cell)[:8])
        raise _BadCell(field, f"{before}{_masked(field, cell)}" if quotes else reason) from None


def _consent(cell: str) -> Consent | None:
    try:
        return _CONSENTS[cell.casefold()]
    except KeyError:
        said = "consent must be subscribed (or yes, true, 1), unsubscribed, or nothing (no, false, 0, empty)"
        raise _BadCell("consent", said) from None


def _instant(column: str, cell: str) -> int | None:
    """UTC ms. A day alone is its first instant in UTC."""
    if not cell:
        return None
    try:
        moment = datetime.fromisoformat(f"{cell}T00:00:00Z" if re.fullmatch(r"\d{4}-\d\d-\d\d", cell) else cell)
        if moment.tzinfo is not None and moment.year >= 1970:
            return round(moment.timestamp() * 1000)
    except ValueError:
        pass
    raise _BadCell(column, "expected a timestamp with a UTC offset, like 2026-11-27T09:00:00Z")


def _mask(column: str, cell: str) -> str:
    """The cell as the errors file shows it: whole if it is not personal, so that it can be corrected."""
    if (
        column not in _PERSONAL
        and len(cell) <= 64
        and "@" not in cell
        and numbers.mask_numbers(cell, bare=True) == cell
    ):
        return _shown(cell)
    return _masked(column, cell)


def _masked(column: str, cell: str) -> str:
    if not cell:
        return ""
    if column == "phone" and re.fullmatch(r"[0-9 +().-]+", cell):
        return numbers.masked(_shown(cell))
    return f"{_shown(cell)[:2]}•••"


def _shown(cell: str) -> str:
    """Printable, for a terminal and the errors file."""
    return "".join(mark if mark.isprintable() else "�" for mark in cell[:64])
