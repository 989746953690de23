"""What a flow adds, as people and scripts see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from engine.core import added
from engine.core.added import FEWEST_BUYERS, FEWEST_CONTACTS, Difference, Side
from engine.core.calendar import DAY
from engine.store.queries.held_out import WINDOW, Compared
from engine.store.queries.listings import MILLION
from engine.views.moments import money


def added_lines(found: Compared, currency: str) -> Iterator[str]:
    got, out = found.got, found.held_out

    def spent(amount: float) -> str:
        return ("-" if amount < 0 else "") + money(round(abs(amount)), currency, 2)

    yield (
        f"{found.goal} within {WINDOW // DAY} days: {_percent(got.conversion)} of {got.contacts:,} who entered"
        f" ({spent(got.per_contact)} each), {_percent(out.conversion)} of {out.contacts:,} held out ({spent(out.per_contact)} each)"
    )
    buyers, amount = added.conversion(got, out), added.revenue(got, out)
    if buyers is None:
        yield f"  too few to say what the flow adds: it takes {FEWEST_CONTACTS} contacts on each side"
        return
    yield f"  {_told(buyers, lambda share: f'{100 * share:.2f}', 'percentage points')}"
    if amount is None:
        yield f"  too few to say what that is in money: it takes {FEWEST_BUYERS} with an order on each side"
    else:
        yield f"  {_told(amount, spent, 'a contact')}"


def _told(found: Difference, written: Callable[[float], str], unit: str) -> str:
    """`it adds 0.90 percentage points (95 %: 0.20 to 1.60)`; that it may be nothing, where 0 is among these."""
    said = f"{written(found.value)} {unit} (95 %: {written(found.least)} to {written(found.most)})"
    return f"it adds {said}" if found.is_sure else f"it may add nothing: {said}"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def added_row(found: Compared) -> dict[str, Any]:
    """For JSON: amounts in units of the currency, shares from 0 to 1; an interval is null where there are too few."""
    buyers, amount = added.conversion(found.got, found.held_out), added.revenue(found.got, found.held_out)
    return {
        "goal": found.goal,
        "got": _side(found.got),
        "held_out": _side(found.held_out),
        "conversion": None if buyers is None else list(buyers),
        "revenue": None if amount is None else [each / MILLION for each in amount],
    }


def _side(side: Side) -> dict[str, Any]:
    return {"contacts": side.contacts, "buyers": side.buyers, "revenue": side.revenue / MILLION}
