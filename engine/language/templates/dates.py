"""The filter `date`: a day or an instant as people write it, in the language of the text.

Invariants: never strftime, since the machine's locale must not change what a contact reads. A text without a language is in English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from engine.core.context import Context
from engine.language.templates.filters import Filter, plain
from engine.messaging.languages import chosen


class Names(NamedTuple):
    """Of the months and days of one language."""

    months: Sequence[str]
    days: Sequence[str]
    short_months: Sequence[str]
    short_days: Sequence[str]
    usual: str  # the format where none is written


def _cut(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(name[:3] for name in names)


# fmt: off
_EN = (
    ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"),
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)
_ES = (
    ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
)
_FR = (
    ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.", "nov.", "déc."),
    ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
)
# fmt: on
DATE_DEFAULT = "%B %e, %Y"
NAMES: Mapping[str, Names] = {
    "en": Names(*_EN, _cut(_EN[0]), _cut(_EN[1]), DATE_DEFAULT),
    "es": Names(*_ES, _cut(_ES[0]), _cut(_ES[1]), "%e de %B de %Y"),
    "fr": Names(*_FR, "%e %B %Y"),
}

DATE_PARTS: Mapping[str, Callable[[datetime, Names], str]] = {
    "%Y": lambda at, names: f"{at.year:04}",
    "%m": lambda at, names: f"{at.month:02}",
    "%d": lambda at, names: f"{at.day:02}",
    "%e": lambda at, names: str(at.day),
    "%B": lambda at, names: names.months[at.month - 1],
    "%b": lambda at, names: names.short_months[at.month - 1],
    "%A": lambda at, names: names.days[at.weekday()],
    "%a": lambda at, names: names.short_days[at.weekday()],
    "%H": lambda at, names: f"{at.hour:02}",
    "%I": lambda at, names: str(at.hour % 12 or 12),
    "%M": lambda at, names: f"{at.minute:02}",
    "%p": lambda at, names: "am" if at.hour < 12 else "pm",
    "%%": lambda at, names: "%",
}
_PART = re.compile("%.?", re.DOTALL)


def unknown_date_part(format: str) -> str | None:
    """The first part of a date's format that there is not."""
    return next((part for part in _PART.findall(format) if part not in DATE_PARTS), None)


def dated(format: str | None) -> Filter:
    """An ISO date or instant by a format, else as its language usually writes it; an instant in the contact's zone."""

    def show(value: Any, ctx: Context) -> str | None:
        at = _moment(value, ctx)
        names = NAMES[chosen(ctx.language, NAMES) or "en"]
        return None if at is None else _PART.sub(lambda part: DATE_PARTS[part[0]](at, names), format or names.usual)

    return show


def _moment(value: Any, ctx: Context) -> datetime | None:
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day)
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(plain(value))
        return at if at.tzinfo is None else at.astimezone(ZoneInfo(ctx.facts.person.zone))
    except (ValueError, OverflowError):
        return None
