"""Plots say what they show in words, and look right with nothing, with one day and with very different days."""

from __future__ import annotations

from datetime import date, timedelta

from engine.server.dashboard.plots import HIGH, LEAST, WIDE, plots_of
from engine.store.queries.daily import Day
from tests.server.dashboard.browser import Browser, words
from tests.server.dashboard.test_pages import played
from tests.server.web.desk import Desk
from tests.world import ADA

FIRST = date(2026, 3, 1)


def days(*found: Day) -> list[tuple[date, Day]]:
    return [(FIRST + timedelta(days=at), day) for at, day in enumerate(found)]


def test_without_anything_there_is_no_plot() -> None:
    assert plots_of(days(Day(), Day()), "USD") is None


def test_one_day_is_one_bar_and_one_row() -> None:
    plots = plots_of(days(Day(), Day(sent=4, delivered=3, cost=60_000), Day()), "USD")
    assert plots is not None
    sent, *_, cost = plots.each
    assert (sent.total, sent.told) == ("4", "Sent in 3 days: 4; the most on Mar 2: 4")
    (bar,) = sent.bars
    assert (bar.y, bar.high) == (0, HIGH) and WIDE / 3 <= bar.x < WIDE / 3 * 2
    assert cost.total == "$0.06" and cost.told.endswith("the most on Mar 2: $0.06")
    assert plots.rows == [(date(2026, 3, 2), ["4", "3", "0", "0", "$0.06"])]


def test_a_small_day_beside_a_huge_one_can_be_seen_and_no_bar_leaves_the_box() -> None:
    plots = plots_of(days(Day(sent=1), Day(sent=1_000_000)), "USD")
    assert plots is not None
    sent, delivered = plots.each[:2]
    assert [bar.high for bar in sent.bars] == [LEAST, HIGH]
    assert all(bar.y >= 0 and bar.y + bar.high <= HIGH and bar.x + bar.wide <= WIDE for bar in sent.bars)
    assert (delivered.bars, delivered.told) == ([], "Delivered in 2 days: 0")


def test_today_and_a_flow_show_what_was_sent(desk: Desk) -> None:
    browser = Browser(desk)
    assert "Nothing was sent" in browser.page("/")
    played(desk.world)
    for page in ("/", "/flows/hello"):
        text = browser.page(page)
        assert '<title id="plot-1">Sent in 30 days: 1; the most on ' in text and "The same as a table" in text
        assert "style=" not in text


def test_where_there_is_a_goal_pages_show_what_was_earned(desk: Desk) -> None:
    world, browser = desk.world, Browser(desk)
    played(world)
    assert "Revenue" not in browser.get("/").text
    goal = "goals: {purchase: {event: order.placed, id: order_id, value: total}}\n"
    world.write(project=(world.folder / "leadoff.yaml").read_text() + goal)
    world.apply()
    for id, total in (("A-1", 1_200), ("A-2", 34.5)):
        world.event("order.placed", ADA, {"order_id": id, "total": total})
    world.tick()
    today, flow = words(browser.get("/").text), words(browser.get("/flows/hello").text)
    assert "Revenue $1,234.50" in today and "Revenue in 30 days: $1,234.50" in flow
    assert "Orders Revenue Skipped" in flow and " 2 1,234.50 USD " in flow
