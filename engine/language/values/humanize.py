"""Short forms of durations and conditions, for one line of a drawing or a listing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.core.calendar import Duration, wall_of
from engine.language.diagnostics.findings import shortened

_UNITS = ((3_600_000, "h"), (60_000, "m"), (1_000, "s"))
LONGEST = 80
MOST_ROWS = 1_000  # of a list, that are told


def duration_words(duration: Duration) -> str:
    """`1d12h`."""
    words = f"{duration.days}d" if duration.days else ""
    rest = duration.ms
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        words += f"{count}{unit}" if count else ""
    return words


def moment_words(at: int, zone: str) -> str:
    """`Fri, Apr 2, 09:00`, on the clock of that zone."""
    moment = datetime.fromtimestamp(wall_of(at, zone) / 1000, UTC)
    return f"{moment:%a, %b} {moment.day}, {moment:%H:%M}"


def day_words(wall: int) -> str:
    """`2026-11-27 09:00`, from a wall time."""
    return (datetime(1970, 1, 1) + timedelta(milliseconds=wall)).isoformat(" ", "minutes")


def clock_words(time: int) -> str:
    """`09:00`, from ms of the day."""
    hours, minutes = divmod(time // 60_000, 60)
    return f"{hours:02}:{minutes:02}"


def condition_words(source: Any) -> str:
    """`clicked shop since hero`: the condition as it is written, without its brackets; cut where it is long."""
    return shortened(words_of_condition(source), LONGEST)


def words_of_condition(source: Any) -> str:
    """The same, all of it."""
    return _words(source, " and ")


def _words(value: Any, between: str = " ") -> str:
    if isinstance(value, Mapping):
        return between.join(" ".join((*_name(key), *_behind(key, child))) for key, child in value.items())
    if isinstance(value, list | tuple):
        conditions = any(isinstance(child, Mapping) for child in value)  # all of them; of values any one
        return (" and " if conditions else " or ").join(_words(child) for child in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _behind(key: str, value: Any) -> list[str]:
    """The words for a key's value; `true` is left out."""
    if key in ("any", "between") and isinstance(value, list | tuple):
        return [(" or " if key == "any" else " and ").join(_words(child) for child in value)]
    return [] if value is True else [_words(value)]


def _name(key: str) -> list[str]:
    return [] if key in ("link", "event", "step", "is") else [key.replace("_", " ")]


def data_words(data: Mapping[str, Any], rows: int = MOST_ROWS) -> str:
    """`total: 59, items: [title: Coat], [title: Hat] and 3 more`: an event's data; of a list the first `rows`."""
    return ", ".join(f"{name}: {value_words(value, rows)}" for name, value in data.items())


def value_words(value: Any, rows: int = MOST_ROWS) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    shown = [f"[{data_words(each)}]" if isinstance(each, Mapping) else str(each) for each in value[:rows]]
    return ", ".join(shown) + (f" and {len(value) - rows} more" if len(value) > rows else "")
