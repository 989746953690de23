"""What `stats` writes: a line for each flow, step or branch, for people, for spreadsheets and for scripts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.cli.shared.output import say
from engine.cli.shared.tables import say_table
from engine.core.goals import decimal
from engine.language.diagnostics.findings import counted
from engine.store.goals import Deployed
from engine.store.queries import statistics
from engine.store.queries.earnings import Credit
from engine.store.queries.held_out import Compared
from engine.store.queries.listings import MILLION
from engine.store.queries.statistics import Stats, Step
from engine.store.queries.totals import Sums
from engine.views import figures
from engine.views.added import added_lines, added_row
from engine.views.figures import Earned, SplitTest

COLUMNS = {
    "written": "written", "accepted": "accepted", "delivered": "delivered", "undelivered": "undelivered",
    "failed": "failed", "unknown": "unknown", "no_mms": "no MMS", "clicked": "clicked",
    "replied": "replied", "opted_out": "opted out", "cost": "cost",
}  # fmt: skip
EARNED = {
    "orders": "orders",
    "revenue": "revenue",
    "revenue_by_click": "by click",
    "revenue_per_message": "per message",
}
WHOLE = {"orders": "orders", "orders_by_click": "orders_by_click", "orders_by_delivery": "orders_by_delivery"}
AMOUNTS = ("revenue", "revenue_by_click", "revenue_by_delivery", "revenue_per_message")
BRANCHES = {
    "branch": "branch",
    "contacts": "contacts",
    "clicked": "clicked",
    "ordered": "ordered",
    "rate": "rate",
    "best": "likely the best",
}


class By(StrEnum):
    flow = "flow"
    step = "step"
    branch = "branch"


class Line(NamedTuple):
    """The messages of a flow, a step or a branch."""

    names: Mapping[str, str]  # flow, and step and branch where it is of those
    step: Step
    earned: Earned


class Flow(NamedTuple):
    name: str
    stats: Stats
    credits: Sequence[Credit]
    branches: Sequence[tuple[str, str, Sequence[str]]]  # (step, branch, steps in it)
    sums: Sums  # what the tally says of it
    # Where it is the only one:
    tests: Sequence[SplitTest] = ()
    passed: Mapping[tuple[str, str], int] = MappingProxyType({})
    adds: Sequence[Compared] = ()  # where some are held out of it

    def earned(self, steps: Iterable[str] | None = None) -> Earned:
        among = None if steps is None else set(steps)
        return figures.earned(each for each in self.credits if among is None or each.step in among)

    def lines(self, by: By) -> Iterator[Line]:
        own = self.stats.steps
        if by is By.flow:
            yield Line({"flow": self.name}, statistics.together(self.name, own), self.earned())
        elif by is By.step:
            for step in own:
                yield Line({"flow": self.name, "step": step.step}, step, self.earned([step.step]))
        else:
            for id, branch, inside in self.branches:
                found = statistics.together(branch, (step for step in own if step.step in inside))
                yield Line({"flow": self.name, "step": id, "branch": branch}, found, self.earned(inside))


def _row(line: Line, with_goal: bool) -> dict[str, Any]:
    """For scripts."""
    earned = figures.earnings(line.earned, line.step.taken) if with_goal else {}
    return {**line.names, **figures.figures(line.step), **earned}


def of_flow(found: Flow, goal: Deployed | None) -> dict[str, Any]:
    stats = found.stats
    whole = next(found.lines(By.flow))
    steps, branches = (
        [
            {key: value for key, value in _row(line, goal is not None).items() if key != "flow"}
            for line in found.lines(by)
        ]
        for by in (By.step, By.branch)
    )
    return {
        "flow": found.name, "entered": stats.entered, "active": stats.active, "exits": stats.exits, "missed": stats.missed,
        "held_out": stats.held_out, "adds": [added_row(each) for each in found.adds],
        "cost": whole.step.cost / MILLION,
        **(figures.earnings(whole.earned, whole.step.taken) if goal is not None else {}),
        "steps": steps,
        "branches": [row | {"passed": found.passed.get((row["step"], row["branch"]), 0)} for row in branches],
        "splits": [figures.for_scripts(test) for test in found.tests],
    }  # fmt: skip


def of_all(
    found: Sequence[Flow], lines: Sequence[Line], by: By, nobody: Earned, goal: Deployed | None
) -> dict[str, Any]:
    rows = [_row(line, goal is not None) for line in lines]
    if by is By.flow:
        rows = [
            {"flow": each.name, "entered": each.stats.entered, "active": each.stats.active} | row
            for each, row in zip(found, rows, strict=True)
        ]
    worth = {currency: decimal(amount) for currency, amount in nobody.worth.items()}
    return {f"{by}s" if by is not By.branch else "branches": rows} | (
        {"credited_to_none": {"orders": nobody.orders, "revenue": worth}} if goal is not None else {}
    )


def as_csv(lines: Sequence[Line], by: By, with_goal: bool) -> str:
    """As spreadsheets read it: with a header, the reasons of what was skipped in one cell, a column for each currency."""
    rows = [_row(line, with_goal) for line in lines]
    names = {By.flow: ["flow"], By.step: ["flow", "step"], By.branch: ["flow", "step", "branch"]}[by]
    currencies = sorted({currency for line in lines for currency in line.earned.worth})
    amounts = [(name, currency) for currency in currencies for name in AMOUNTS]
    columns = [*COLUMNS, "skipped", *(WHOLE if with_goal else ())]
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write([*names, *columns, *(f"{name}_{currency}" for name, currency in amounts)])
    for row in rows:
        row["skipped"] = _left_out(row)
        write(
            [row[each] for each in (*names, *columns)] + [row[name].get(currency, "0.00") for name, currency in amounts]
        )
    return out.getvalue()


def say_head(found: Flow, currency: str, goal: Deployed | None) -> None:
    stats, earned = found.stats, found.earned()
    cost = sum(step.cost for step in stats.steps) / MILLION
    say(f"{found.name}: {stats.entered} entered, {stats.active} active, {cost:,.3f} {currency}")
    if goal is not None:
        worth = f", {figures.worth_in_words(earned.worth)}" if earned.worth else ""
        say(
            f"  {goal.name}: {counted(earned.orders, 'order')}{worth}; {earned.by_click} by click, {earned.by_delivery} by delivery"
        )
    if stats.missed:
        say(f"  {stats.missed} missed: scheduled entries that were too late (`leadoff notices`)")
    for reason, count in stats.exits.items():
        say(f"  {count} left: {reason}")
    if stats.held_out:
        say(f"  {stats.held_out} held out, who get nothing of it")
        if not found.adds:
            say("  no goal says what it adds: declare one under `goals` in leadoff.yaml")
    for each in found.adds:
        for line in added_lines(each, currency):
            say(f"  {line}")


def say_lines(lines: Sequence[Line], by: By, with_goal: bool, one_flow: bool) -> None:
    names = {} if one_flow and by is not By.flow else {"flow": "flow"}
    names |= {} if by is By.flow else {"step": "step"} if by is By.step else {"step": "step", "branch": "branch"}
    columns = names | COLUMNS | (EARNED if with_goal else {}) | {"skipped": "skipped"}
    say_table([_shown(line) for line in lines], columns, "no branches" if by is By.branch else "no messages")


def _shown(line: Line) -> dict[str, Any]:
    row, earned = {**line.names, **figures.figures(line.step)}, line.earned
    return row | {
        "skipped": _left_out(row),
        "cost": f"{row['cost']:.3f}",
        "orders": earned.orders,
        "revenue": figures.worth_in_words(earned.worth),
        "revenue_by_click": figures.worth_in_words(earned.worth_by_click),
        "revenue_per_message": figures.worth_in_words(earned.worth, line.step.taken),
    }


def say_test(test: SplitTest) -> None:
    say("")
    say(f"{test.step}, by {'orders' if test.counted == 'ordered' else 'clicks'}: {figures.conclusion(test)}")
    told = figures.for_scripts(test)["branches"]
    chances = ["" if row["win_probability"] is None else f"{row['win_probability']:.1%}" for row in told]
    columns = (
        BRANCHES if test.counted == "ordered" else {key: name for key, name in BRANCHES.items() if key != "ordered"}
    )
    rows = [row | {"rate": f"{row['rate']:.2%}", "best": chance} for row, chance in zip(told, chances, strict=True)]
    say_table(rows, columns, "nobody drew a branch")


def _left_out(row: Mapping[str, Any]) -> str:
    """Why messages were not written, and how many of those that were did not leave in time."""
    ended = {state: row[state] for state in figures.ENDED_UNSENT if row[state]}
    return "; ".join(f"{count} {reason}" for reason, count in {**row["skipped"], **ended}.items())
