"""What messages earned, as `stats` and `explain` say it."""

from __future__ import annotations

import csv
import io

from tests.cli.conftest import Terminal
from tests.runtime.test_goals import FLOW, SPLIT, click, order, sent, shop
from tests.world import ADA, BEN, CY, World


def test_what_flows_steps_and_branches_earned(terminal: Terminal) -> None:
    with World(terminal.folder, FLOW, SPLIT, project=shop()) as world:
        world.event("list.joined", ADA)
        world.event("list.joined", BEN)
        sent(world)
        click(world, ADA)
        order(world, ADA, "A-1", 20)
        order(world, ADA, "A-1", 5, "order.refunded")
        order(world, ADA, "A-2", 3, currency="EUR")
        order(world, BEN, "B-1", 8)
        order(world, CY, "C-1", 99)
    whole = terminal.well("stats", "--format", "json").json
    assert whole["credited_to_none"] == {"orders": 1, "revenue": {"USD": "99.00"}}
    earned = {flow["flow"]: (flow["orders"], flow["orders_by_click"], flow["revenue"]) for flow in whole["flows"]}
    assert earned == {"spring": (2, 2, {"EUR": "3.00", "USD": "15.00"}), "test": (1, 0, {"USD": "8.00"})}
    told = terminal.well("stats", "spring").out.splitlines()
    assert told[1] == "  purchase: 2 orders, 3.00 EUR, 15.00 USD; 2 by click, 0 by delivery"
    assert "1 order is credited to no message: 99.00 USD" in terminal.well("stats").out
    rows = list(csv.DictReader(io.StringIO(terminal.well("stats", "--by", "step", "--format", "csv").out)))
    (hello,) = [row for row in rows if row["step"] == "hello"]
    assert (hello["orders"], hello["revenue_USD"], hello["revenue_by_delivery_USD"], hello["revenue_per_message_EUR"]) == (
        "2", "15.00", "0.00", "1.50",
    )  # fmt: skip
    test = terminal.well("stats", "test", "--format", "json").json
    assert sum(row["orders"] for row in test["branches"]) == 1
    (split,) = test["splits"]
    assert sum(row["contacts"] for row in split["branches"]) == 2 and split["winner"] is None
    assert "no winner yet" in terminal.well("stats", "test").out
    assert terminal.well("stats", "--by", "branch").out.splitlines()[0].startswith("flow  step     branch")
    assert terminal.well("stats", "spring", "--until", "2020-01-01", "--format", "json").json["orders"] == 0
    assert "did you mean" in terminal("stats", "--goal", "purchas").err
    story = terminal.well("explain", ADA).out
    assert "order A-1 (purchase, 20.00 USD, 5.00 USD given back): credited to spring/hello, because" in " ".join(
        story.split()
    )
    assert "credited to no message (nothing was delivered before)" in " ".join(terminal.well("explain", CY).out.split())
    kept = terminal.well("contacts", "show", ADA, "--all", "--format", "json").json
    assert [each["order_id"] for each in kept["orders"]] == ["A-1", "A-2"]
