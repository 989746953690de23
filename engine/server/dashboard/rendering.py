"""Templates -> pages. Autoescape is on; what is missing in a template is an error; whitespace of tags is dropped.

Invariants: everything that came from outside goes through `visible`, which shows control characters instead of letting them act.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.language.diagnostics.findings import visible
from engine.messaging.numbers import mask_numbers
from engine.store.queries.listings import MILLION
from engine.views import figures, moments

HERE = Path(__file__).parent
CAPPED = 10_000
SECOND = 1_000


@cache
def environment(more: Path | None = None) -> Environment:
    """`more`: a folder with further templates, which may use ours."""
    folders = [HERE / "templates", *([more] if more is not None else [])]
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    made.filters |= {
        "masked": lambda text: lines(mask_numbers(str(text), bare=True)),
        "visible": lambda text: lines(str(text)),
        "printed": lambda line: visible(
            mask_numbers(line)
        ),  # as the terminal prints it: its spaces and its commits stand
        "count": count,
        "capped": capped,
        "money": money,
        "span": span,
        "worth": figures.worth_in_words,
        "moment": moment,
        "day_and_clock": lambda at, zone: f"{moments.day(at, ZoneInfo(zone))}, {moments.clock(at, ZoneInfo(zone))}",
        "day": day,
        "look": moments.look_of,
        "iso": lambda at: datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds"),
    }
    made.globals |= {"static": static}
    return made


@cache
def static(name: str) -> str:
    """The address of one of our files; it changes with its content, so that a browser may keep it."""
    return f"/static/{sha256((HERE / 'static' / name).read_bytes()).hexdigest()[:16]}/{name}"


def lines(text: str) -> str:
    """With its line breaks, and no other control character."""
    return "\n".join(visible(line) for line in text.strip().splitlines())


def count(number: int) -> str:
    """`12,345`."""
    return f"{number:,}"


def capped(number: int) -> str:
    """A count that was given up at the cap: `10,000+`."""
    return f"{CAPPED:,}+" if number >= CAPPED else f"{number:,}"


def money(millionths: int, currency: str) -> str:
    """Cents where they are enough, three digits below that."""
    return moments.money(millionths, currency, 2 if millionths >= MILLION or millionths % 10_000 == 0 else 3)


def span(milliseconds: int) -> str:
    """`12 s`, `4 min`, `3 h`, `9 d`: the largest unit, rounded down."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if milliseconds >= unit:
            return f"{milliseconds // unit} {name}"
    return f"{max(0, milliseconds) // SECOND} s"


def day(when: date) -> str:
    """`Nov 3`."""
    return f"{when:%b} {when.day}"


def moment(at: int, zone: str, now: int) -> str:
    """The day only where it is another one than today's, the year only where it is another."""
    place = ZoneInfo(zone)
    there, today = (datetime.fromtimestamp(each / 1000, place) for each in (at, now))
    said = moments.clock(at, place)
    if there.date() == today.date():
        return said
    year = f" {there.year}" if there.year != today.year else ""
    return f"{moments.day(at, place)}{year}, {said}"
