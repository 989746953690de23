"""/v1/runs, /v1/messages, /v1/flows: the rows of the command line, page by page."""

from __future__ import annotations

import pytest

from tests.cli.test_state import MESSAGE_KEYS, RUN_KEYS
from tests.server.web.caller import Caller
from tests.server.web.desk import is_problem
from tests.world import ADA, BEN, CY


def enter(caller: Caller, *phones: str) -> None:
    for phone in phones:
        caller.world.event("by-hand", phone, start=True)
        caller.world.event("list.joined", phone, {"list": "vip"})
    caller.world.tick()


def test_the_rows_are_those_of_the_command_line(caller: Caller) -> None:
    enter(caller, ADA)
    caller.world.send()
    waiting = next(run for run in caller.get("/v1/runs")["runs"] if run["status"] == "waiting")
    assert list(waiting) == RUN_KEYS
    assert (waiting["flow"], waiting["contact"], waiting["step"], waiting["due_at"]) == (
        "by-hand", ADA, "pause", "2027-04-03T14:00:00.000Z",
    )  # fmt: skip
    (message,) = caller.get("/v1/messages")["messages"]
    assert list(message) == MESSAGE_KEYS
    assert (message["kind"], message["status"], message["provider"]) == ("mms", "accepted", "simulator")
    flows = {flow["flow"]: flow for flow in caller.get("/v1/flows")["flows"]}
    assert {name: (flow["waiting"], flow["deployed"], flow["category"]) for name, flow in flows.items()} == {
        "by-hand": (1, True, "transactional"),
        "hello": (0, True, "transactional"),
    }


def test_pages_are_stable_while_rows_come_in(caller: Caller) -> None:
    enter(caller, ADA, BEN)
    first = caller.get("/v1/runs?limit=3")
    enter(caller, CY)
    second = caller.get(f"/v1/runs?limit=3&cursor={first['next']}")
    ids = [run["id"] for run in first["runs"] + second["runs"]]
    assert ids == sorted(set(ids))
    assert (len(ids), second["next"]) == (6, None)
    assert caller.get("/v1/runs?limit=6")["next"] is None


def test_listings_are_filtered(caller: Caller) -> None:
    enter(caller, ADA, BEN)
    assert {run["contact"] for run in caller.get(f"/v1/runs?contact=%2B{ADA[1:]}")["runs"]} == {ADA}
    assert {run["flow"] for run in caller.get("/v1/runs?flow=by-hand")["runs"]} == {"by-hand"}
    assert {run["status"] for run in caller.get("/v1/runs?status=exited")["runs"]} == {"exited"}
    assert len(caller.get("/v1/messages?status=queued&flow=hello")["messages"]) == 2
    assert caller.get("/v1/messages?status=delivered") == {"messages": [], "next": None}
    assert [flow["flow"] for flow in caller.get("/v1/flows?flow=hello")["flows"]] == ["hello"]


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_a_filter_that_means_nothing_is_refused(caller: Caller) -> None:
    for query in (
        "limit=0", "limit=1001", "limit=x", "cursor=x", "cursor=MDE", "cursor=LTE", "status=waitin", "flow=helo", "contact=nobody",
        "stauts=x",
    ):  # fmt: skip
        answer = caller.ask("GET", f"/v1/runs?{query}")
        assert is_problem(answer, 422), query
        assert answer.json()["detail"].startswith(query.partition("=")[0] + ": "), query
