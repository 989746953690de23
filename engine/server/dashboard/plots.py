"""Small plots of the last days: inline SVG without script, each with its words, and one table of all for who cannot see them.

Invariants: a plot is numbers only, in units of its own box; its colours are the stylesheet's, so they follow the theme. A day with
something has a bar that can be seen, also beside one with a thousand times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from engine.server.dashboard.rendering import count, money
from engine.server.dashboard.rendering import day as as_day
from engine.store.queries.daily import Day

WIDE, HIGH = 300, 56
LEAST = 2.0
"""How high a bar of something is at least."""


class Bar(NamedTuple):
    x: float
    y: float
    wide: float
    high: float


class Plot(NamedTuple):
    """`told`: what it shows, in a sentence."""

    name: str
    total: str
    most: str
    told: str
    bars: Sequence[Bar]


class Plots(NamedTuple):
    """`rows`: the same as a table, of the days with something, the newest first."""

    each: Sequence[Plot]
    columns: Sequence[str]
    rows: Sequence[tuple[date, Sequence[str]]]
    first: date
    last: date


def plots_of(days: Sequence[tuple[date, Day]], currency: str, revenue: Sequence[int] | None = None) -> Plots | None:
    """None where nothing happened on any of them. `revenue`: of each day, where there is a goal."""
    earned = revenue or [0] * len(days)
    if not any(any(day) for _, day in days) and not any(earned):
        return None

    def as_money(millionths: int) -> str:
        return money(millionths, currency)

    shown: list[tuple[str, Callable[[int], str], list[int]]] = [
        ("Sent", count, [day.sent for _, day in days]),
        ("Delivered", count, [day.delivered for _, day in days]),
        ("Clicked", count, [day.clicked for _, day in days]),
        ("Opted out", count, [day.opted_out for _, day in days]),
        ("Cost", as_money, [day.cost for _, day in days]),
    ]
    if revenue is not None:
        shown.append(("Revenue", as_money, list(revenue)))
    dates = [when for when, _ in days]
    rows = [
        (when, [words(numbers[at]) for _, words, numbers in shown])
        for at, when in enumerate(dates)
        if any(days[at][1]) or earned[at]
    ]
    return Plots(
        [_plot(name, words, numbers, dates) for name, words, numbers in shown],
        [name for name, _, _ in shown],
        rows[::-1],
        dates[0],
        dates[-1],
    )


def _plot(name: str, words: Callable[[int], str], numbers: Sequence[int], dates: Sequence[date]) -> Plot:
    total, most = words(sum(numbers)), max(numbers)
    told = f"{name} in {len(numbers)} days: {total}"
    if most:
        told += f"; the most on {as_day(dates[numbers.index(most)])}: {words(most)}"
    return Plot(name, total, words(most), told, _bars(numbers))


def _bars(numbers: Sequence[int]) -> list[Bar]:
    step, most = WIDE / len(numbers), max(numbers)
    highs = [max(LEAST, n * HIGH / most) if n else 0.0 for n in numbers]
    return [
        Bar(round(at * step, 1), round(HIGH - high, 1), round(step - 2, 1), round(high, 1))
        for at, high in enumerate(highs)
        if high
    ]
