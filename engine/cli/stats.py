"""`stats`: what became of flows, and what they earned."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer

from engine.cli import stats_report
from engine.cli.shared.common import ProjectOption, deployed_summary, known_flow, opened
from engine.cli.shared.output import remark, say, say_json, say_piece
from engine.deploy.summary import NOTHING_DEPLOYED, Summary
from engine.errors import UsageError
from engine.language.diagnostics.findings import or_nearest
from engine.store import goals
from engine.store.goals import Deployed
from engine.store.orders import BY_DELIVERY
from engine.store.queries import earnings, held_out, newest, places, statistics, totals
from engine.store.queries.earnings import Credit
from engine.store.queries.statistics import EVER, Period
from engine.store.sql import Connection
from engine.views import figures
from engine.views.figures import Earned


class Shown(StrEnum):
    text = "text"
    json = "json"
    csv = "csv"


def stats(
    ctx: typer.Context,
    flow: Annotated[str | None, typer.Argument(metavar="[FLOW]", help="One flow, by step. Default: all flows.")] = None,
    by: Annotated[
        stats_report.By | None, typer.Option("--by", help="A line for each of these. Default: flow; with FLOW step.")
    ] = None,
    goal: Annotated[
        str | None, typer.Option("--goal", metavar="NAME", help="Default: the first one of leadoff.yaml.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From that hour on: 30d, a date or an instant in UTC.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to that hour.")] = None,
    format: Annotated[Shown, typer.Option("--format", help="csv: a line for each step, flow or branch.")] = Shown.text,
    project: ProjectOption = None,
) -> None:
    """Who entered, how they left, what became of messages, and what they earned."""
    with opened(ctx, project, "empty") as app:
        period = _period(since, until, app.clock.now())
        summary = deployed_summary(app) or NOTHING_DEPLOYED
        with app.database.reading() as db:
            counted = _goal(db, goal)
            names = newest.flows_of_authors(db)
            wanted = {flow: known_flow(db, flow)} if flow is not None else names
            credits = earnings.of_goal(db, counted, period.hours, wanted.get(flow or "")) if counted is not None else []
            found = [_flow(db, name, id, period, credits, summary) for name, id in sorted(wanted.items())]
            if flow is not None:
                found = [_alone(db, found[0], wanted[flow], period, counted, summary)]
            nobody = _nobody(credits)
    by = by or (stats_report.By.step if flow is not None else stats_report.By.flow)
    lines = [line for each in found for line in each.lines(by)]
    if format is Shown.csv:
        say_piece(stats_report.as_csv(lines, by, counted is not None))
        return
    if format is Shown.json:
        head = {"goal": counted.name if counted else None, "currency": summary.currency}
        say_json(
            stats_report.of_flow(found[0], counted) | head
            if flow is not None
            else head | stats_report.of_all(found, lines, by, nobody, counted)
        )
        return
    if counted is not None and not counted.is_counted:
        remark(f"orders from before {counted.name} was deployed are still being counted")
    if flow is not None:
        stats_report.say_head(found[0], summary.currency, counted)
    stats_report.say_lines(lines, by, counted is not None, flow is not None)
    for test in found[0].tests if flow is not None else ():
        stats_report.say_test(test)
    if nobody.orders:
        what = "order is" if nobody.orders == 1 else "orders are"
        say(f"{nobody.orders:,} {what} credited to no message: {figures.worth_in_words(nobody.worth)}")


def _flow(
    db: Connection, name: str, id: int, period: Period, credits: Iterable[Credit], summary: Summary
) -> stats_report.Flow:
    inside = summary.flows[name].branches if name in summary.flows else {}
    branches = [(step, branch, ids) for step, ways in inside.items() for branch, ids in ways.items()]
    own = [each for each in credits if each.flow == name]
    sums = totals.of_flow(db, id, period.hours)
    return stats_report.Flow(name, statistics.of_flow(db, id, period, sums), own, branches, sums)


def _alone(
    db: Connection, found: stats_report.Flow, id: int, period: Period, goal: Deployed | None, summary: Summary
) -> stats_report.Flow:
    """With what is said of one flow only."""
    return found._replace(
        tests=figures.split_tests(earnings.branches(db, id, period, goal), goal is not None),
        passed=places.passed(db, id, found.sums).ways,
        adds=held_out.compared(db, id, summary.currency, *period) if found.stats.held_out else (),
    )


def _nobody(credits: Iterable[Credit]) -> Earned:
    """What is credited to no message, as if by a delivery."""
    return figures.earned(each._replace(how=BY_DELIVERY) for each in credits if not each.is_credited)


def _goal(db: Connection, name: str | None) -> Deployed | None:
    """Raises UsageError."""
    found = {each.name: each for each in goals.deployed(db)}
    if name is None:
        return next(iter(found.values()), None)
    if name not in found:
        raise UsageError(f"there is no goal {name}{or_nearest(name, found)}", "goals are declared in leadoff.yaml")
    return found[name]


def _period(since: str | None, until: str | None, now: int) -> Period:
    """Raises UsageError."""
    if since is None and until is None:
        return EVER
    from engine.cli.shared.instants import instant_of  # only here is the language loaded

    began = EVER.since if since is None else instant_of(since, "--since", now)
    ended = EVER.until if until is None else instant_of(until, "--until", now)
    if began >= ended:
        raise UsageError("--since is not before --until", "30d is that long ago, so --since 30d --until 7d")
    return Period(began, ended)
