"""What flows may cost, in words: for `apply`, before anybody is texted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from engine.language.check import Checked
from engine.language.lint.costs import Cost, FlowCost, Range, flow_cost
from engine.language.model.flow import Flow
from engine.language.model.project import Project
from engine.store.queries.listings import MILLION

MOST_SHOWN = 4  # prices and countries of one flow


def costs_of(checked: Checked, flows: Collection[str]) -> Iterator[str]:
    """Of each of these flows: of one contact in each country, and of each message."""
    project = checked.project
    assert project is not None
    for name in sorted(flows):
        flow = checked.flows[name]
        groups = _by_country(flow, project)
        if groups[0].cost.steps:
            yield from _lines(name, groups, project)


class _Countries(NamedTuple):
    """Countries where the flow costs the same."""

    cost: FlowCost
    regions: list[str]


def _by_country(flow: Flow, project: Project) -> list[_Countries]:
    """In the order of the project's countries."""
    groups: list[_Countries] = []
    for region in project.countries or ("US",):
        cost = flow_cost(flow, project, region)
        same = next((group for group in groups if group.cost == cost), None)
        if same is None:
            groups.append(_Countries(cost, [region]))
        else:
            same.regions.append(region)
    return groups


def _lines(name: str, groups: list[_Countries], project: Project) -> Iterator[str]:
    """A line for each price; of many the first and the dearest."""
    shown = groups
    if len(groups) > MOST_SHOWN:
        shown = [groups[0], max(groups[1:], key=lambda group: group.cost.contact.worst)]
    for at, group in enumerate(shown):
        start = f"  $ {name}:" if at == 0 else "    and"
        countries = ", ".join(group.regions[:MOST_SHOWN]) + (", …" if len(group.regions) > MOST_SHOWN else "")
        yield f"{start} {_amount(group.cost.contact, project)} a contact in {countries} ({_steps(group.cost)})"
    if len(shown) < len(groups):
        yield "    other countries in between"


def _steps(found: FlowCost) -> str:
    return ", ".join(f"{step} {_message(cost)}" for step, cost in found.steps.items())


def _message(cost: Cost) -> str:
    least, most = cost.parts
    parts = f" {least}–{most} parts" if most > least else f" {most} parts" if most > 1 else ""
    return f"{cost.kind.upper()}{parts} {_range(cost.price)}"


def _amount(amount: Range, project: Project) -> str:
    return f"{_range(amount)} {project.currency}"


def _range(amount: Range) -> str:
    best, worst = (f"{each / MILLION:,.3f}" for each in amount)
    return best if best == worst else f"{best}–{worst}"
