"""The figures of messages as people and scripts see them: what became of them, what they cost, and what they earned.

Invariants: an amount for scripts is a decimal number as text, exact; amounts of two currencies are never added up. What is credited by a
click and what by a delivery alone stay apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from engine.core import goals
from engine.core.ab_test import LEAST_PEOPLE, LEAST_PROBABILITY, Share, Verdict, judged
from engine.store.orders import BY_CLICK, BY_DELIVERY
from engine.store.queries.earnings import Credit, DrawnBranch
from engine.store.queries.listings import MILLION
from engine.store.queries.statistics import Step

Money = Mapping[str, int]
"""Currency -> millionths."""
STATES = ("delivered", "undelivered", "failed", "unknown")
ENDED_UNSENT = ("cancelled", "expired")


NO_MONEY: Money = {}


class Earned(NamedTuple):
    """Orders and what they are worth, as they are credited to something."""

    by_click: int = 0
    by_delivery: int = 0
    worth_by_click: Money = NO_MONEY
    worth_by_delivery: Money = NO_MONEY

    @property
    def orders(self) -> int:
        return self.by_click + self.by_delivery

    @property
    def worth(self) -> Money:
        return _added(self.worth_by_click, self.worth_by_delivery)


NOTHING = Earned()


def earned(credits: Iterable[Credit]) -> Earned:
    """What is credited to no message is left out."""
    found = list(credits)
    clicked, delivered = ([each for each in found if each.how == how] for how in (BY_CLICK, BY_DELIVERY))
    worth = (_added(*({each.currency: each.revenue} for each in some)) for some in (clicked, delivered))
    return Earned(sum(each.orders for each in clicked), sum(each.orders for each in delivered), *worth)


def together(found: Iterable[Earned]) -> Earned:
    """The sums of several."""
    every = list(found)
    return Earned(
        sum(each.by_click for each in every),
        sum(each.by_delivery for each in every),
        _added(*(each.worth_by_click for each in every)),
        _added(*(each.worth_by_delivery for each in every)),
    )


def _added(*amounts: Money) -> Money:
    found: dict[str, int] = {}
    for each in amounts:
        for currency, millionths in each.items():
            found[currency] = found.get(currency, 0) + millionths
    return dict(sorted(found.items()))


def worth_in_words(worth: Money, per: int = 1) -> str:
    """`1,234.50 USD`; per so many messages."""
    return ", ".join(goals.in_words(Decimal(each) / per, currency) for currency, each in worth.items()) if per else ""


def figures(step: Step) -> dict[str, Any]:
    """Of the messages of a step, or of several together."""
    states = {state: step.states.get(state, 0) for state in (*STATES, *ENDED_UNSENT)}
    return {
        "written": step.written, "skipped": step.skipped, "accepted": step.taken, **states, "no_mms": step.no_mms,
        "clicked": step.clicked, "replied": step.replied, "opted_out": step.opted_out, "cost": step.cost / MILLION,
    }  # fmt: skip


def earnings(found: Earned, messages: int) -> dict[str, Any]:
    """Beside `figures`. `messages`: that a provider has taken."""
    worth = found.worth
    each = {currency: Decimal(amount) / messages for currency, amount in worth.items() if messages}
    told: Mapping[str, Mapping[str, int | Decimal]] = {
        "revenue": worth,
        "revenue_by_click": found.worth_by_click,
        "revenue_by_delivery": found.worth_by_delivery,
        "revenue_per_message": each,
    }
    return {
        "orders": found.orders,
        "orders_by_click": found.by_click,
        "orders_by_delivery": found.by_delivery,
        **{
            name: {currency: goals.decimal(amount) for currency, amount in worth.items()}
            for name, worth in told.items()
        },
    }


class SplitTest(NamedTuple):
    """A split: its branches, and which of them is the best at what is counted."""

    step: str
    branches: Sequence[DrawnBranch]
    counted: str
    """`ordered` or `clicked`."""
    verdict: Verdict | None
    """None: only one branch was ever drawn."""

    def share(self, branch: DrawnBranch) -> Share:
        return Share(branch.ordered if self.counted == "ordered" else branch.clicked, branch.people)


def split_tests(branches: Sequence[DrawnBranch], has_goal: bool) -> list[SplitTest]:
    """One for each split, by orders where there is a goal, else by clicks."""
    found = []
    for step in dict.fromkeys(branch.step for branch in branches):
        own = [branch for branch in branches if branch.step == step]
        test = SplitTest(step, own, "ordered" if has_goal else "clicked", None)
        found.append(test._replace(verdict=judged([test.share(branch) for branch in own]) if len(own) > 1 else None))
    return found


def conclusion(test: SplitTest) -> str:
    """Whether there is a winner, and what is missing if there is none."""
    if test.verdict is None:
        return "no winner yet: one branch alone was taken"
    verdict = test.verdict
    best = test.branches[verdict.best].way
    if verdict.has_won:
        ahead = "" if verdict.lift is None else f", {verdict.lift:+.0%} against the next one"
        return f"{best} wins: {verdict.probability:.1%} likely the best{ahead}"
    lacks = [f"{branch.way} lacks {few:,}" for branch, few in zip(test.branches, verdict.missing, strict=True) if few]
    if lacks:
        return f"no winner yet: of {LEAST_PEOPLE:,} contacts a branch {', '.join(lacks)}"
    return (
        f"no winner yet: {best} is ahead, {verdict.probability:.1%} likely the best; {LEAST_PROBABILITY:.0%} is needed"
    )


def for_scripts(test: SplitTest) -> dict[str, Any]:
    """A split as JSON."""
    verdict = test.verdict
    chances = verdict.probabilities if verdict else (None,) * len(test.branches)
    lacks = verdict.missing if verdict else (0,) * len(test.branches)
    rows = zip(test.branches, chances, lacks, strict=True)
    return {
        "step": test.step,
        "counted": test.counted,
        "winner": test.branches[verdict.best].way if verdict and verdict.has_won else None,
        "lift": verdict.lift if verdict else None,
        "branches": [
            {
                "branch": branch.way, "contacts": branch.people, "clicked": branch.clicked, "ordered": branch.ordered,
                "rate": test.share(branch).rate, "win_probability": chance, "missing": few,
            }
            for branch, chance, few in rows
        ],
    }  # fmt: skip
