"""runs move | exit | retry for one and for all at a step, flows stop and rollback: what an operator does to those who wait."""

from __future__ import annotations

import time
from datetime import datetime

import pytest

from engine.app import App
from engine.deploy.live_edits import by_hand
from engine.deploy.read_project import read_and_check
from engine.errors import Refused
from engine.store import person_actions
from tests.cli.conftest import Terminal
from tests.world import ADA, BEN, CY, START, World

FLOW = """\
flow: welcome
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - {id: hero, sms: Hello}
  - {id: think, delay: 2d}
  - {id: look, wait_for: {happened: order.placed}, up_to: 3d}
  - {id: bye, sms: Bye}
"""


@pytest.fixture
def waiting(terminal: Terminal) -> Terminal:
    """Three wait at `think`; the message of one of them has not left."""
    with World(terminal.folder, FLOW) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick()
        world.send()
        world.event("list.joined", CY)
        world.tick()
    return terminal


def rows(terminal: Terminal) -> list[dict[str, str]]:
    found: list[dict[str, str]] = terminal.well("runs", "--format", "json").json["runs"]
    return found


def dues(terminal: Terminal) -> list[float]:
    return [datetime.fromisoformat(row["due_at"]).timestamp() for row in rows(terminal)]


def test_all_at_a_step_go_on_at_another_and_keep_their_time(waiting: Terminal) -> None:
    before = dues(waiting)
    at = ("--flow", "welcome", "--step", "think")
    said = waiting.well("runs", "move", *at, "--to", "bye", "--yes")
    assert said.out == "3 contacts are at think of welcome: go on at bye, each at the time that it has: done\n"
    assert [row["step"] for row in rows(waiting)] == ["bye"] * 3
    assert dues(waiting) == before
    assert "moved by hand: goes on at bye" in waiting.well("explain", ADA).out


def test_one_goes_on_without_a_question(waiting: Terminal) -> None:
    waiting.well("runs", "move", "2", "--to", "look")
    assert [row["step"] for row in rows(waiting)] == ["think", "look", "think"]


def test_very_many_are_changed_a_stretch_a_transaction(waiting: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_hand, "STRETCH", 2)
    at = ("--flow", "welcome", "--step", "think")
    assert "3 contacts" in waiting.well("runs", "move", *at, "--again", "--yes").out
    assert waiting.well("runs", "move", *at, "--to", "look", "--yes").out.endswith("has: done\n")
    assert [row["step"] for row in rows(waiting)] == ["look"] * 3
    waiting.well("runs", "exit", "--flow", "welcome", "--yes")
    assert {row["status"] for row in rows(waiting)} == {"exited"}


def test_another_deployment_in_between_ends_it_and_says_how_far_it_came(
    waiting: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_hand, "STRETCH", 2)
    (waiting.folder / "flows/welcome.yaml").write_text(FLOW.replace("Bye}", "See you}"))
    with App(waiting.folder) as app, App(waiting.folder) as other:
        wanted = by_hand.Wanted("exit", flow="welcome", step="think")

        def clock() -> int:  # asked before each stretch; the second one finds a new deployment
            if len([row for row in rows(waiting) if row["status"] == "exited"]) == 2:
                other.apply(read_and_check(other.root, other.registry))
            return app.clock.now()

        with pytest.raises(Refused, match="another deployment came meanwhile; it was done for 2"):
            by_hand.carry_out(app.database, app.deployed(), wanted, clock)
    assert sorted(row["status"] for row in rows(waiting)) == ["exited", "exited", "waiting"]


def test_nobody_is_moved_unasked_and_nobody_goes_back(waiting: Terminal) -> None:
    at = ("--flow", "welcome", "--step", "think")
    asked = waiting("runs", "move", *at, "--to", "bye")
    assert (asked.code, "3 contacts are at think of welcome" in asked.err) == (1, True)
    assert "nobody can confirm; nothing was changed" in asked.err
    back = waiting("runs", "move", *at, "--to", "hero", "--yes")
    assert (back.code, "hero is not ahead of them on their path" in back.err) == (1, True)
    assert "they are at think; ahead of it: look, bye" in back.err
    assert [row["step"] for row in rows(waiting)] == ["think"] * 3


REFUSED_RUNS = [
    (("move", "--flow", "welcome", "--step", "think", "--to", "by", "--yes"), 1, "welcome has no step by"),
    (("move", "--flow", "welcom", "--step", "think", "--to", "bye", "--yes"), 2, 'did you mean "welcome"?'),
    (("move", "--flow", "welcome", "--step", "hero", "--to", "bye", "--yes"), 1, "no run at the step hero"),
    (("move", "--flow", "welcome", "--to", "bye", "--yes"), 2, "at which step?"),
    (("move", "--flow", "welcome", "--step", "think", "--yes"), 2, "--to STEP, or --again"),
    (("move", "1", "--flow", "welcome", "--step", "think", "--to", "bye"), 2, "not both"),
    (("move", "9", "--to", "bye"), 1, "there is no run 9 that is not over"),
    (("exit",), 2, "which run?"),
    (("retry", "--flow", "welcome", "--yes"), 1, "no parked run in welcome"),
]


def test_what_cannot_be_done_says_why(waiting: Terminal) -> None:
    for words, code, said in REFUSED_RUNS:
        done = waiting("runs", *words)
        assert (done.code, said in done.err) == (code, True), (words, done)
        assert [row["step"] for row in rows(waiting)] == ["think"] * 3, words


def test_a_wait_counts_anew(waiting: Terminal) -> None:
    with App(waiting.folder) as app:
        now = app.clock.now() / 1000
    said = waiting.well("runs", "move", "--flow", "welcome", "--step", "think", "--again", "--yes")
    assert said.out == "3 contacts are at think of welcome: their wait counts from now: done\n"
    waiting.tick()
    assert [row["step"] for row in rows(waiting)] == ["think"] * 3
    assert all(due >= now + 2 * 86_400 for due in dues(waiting))


def test_all_at_a_step_end(waiting: Terminal) -> None:
    waiting.well("runs", "exit", "--flow", "welcome", "--step", "think", "--yes")
    assert {row["status"] for row in rows(waiting)} == {"exited"}
    messages = waiting.well("messages", "--format", "json").json["messages"]
    assert [row["status"] for row in messages] == ["accepted", "accepted", "cancelled"]


def test_a_flow_is_stopped_for_all_who_are_in_it(waiting: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    a_minute_later = START // 1000 + 60  # what is written after a stop is none of its business
    monkeypatch.setenv("LEADOFF_CLOCK_OFFSET", str(a_minute_later - round(time.time())))
    reach = "2 messages have gone; what has not: 1 message written, 3 contacts in it"
    asked = waiting("flows", "stop", "welcome")
    assert (asked.code, asked.out, f"welcome: {reach}; that ends now, for good." in asked.err) == (1, "", True)
    assert "nobody can confirm; nothing was changed" in asked.err
    assert [row["step"] for row in rows(waiting)] == ["think"] * 3
    said = waiting.well("flows", "stop", "welcome", "--reason", "wrong price", "--yes")
    assert said.out == f"welcome is stopped: {reach}\nWhat starts welcome still does.\n"
    assert {row["status"] for row in rows(waiting)} == {"exited"}
    messages = waiting.well("messages", "--format", "json").json["messages"]
    assert [row["status"] for row in messages] == ["accepted", "accepted", "cancelled"]
    with App(waiting.folder) as app, app.database.reading() as db:
        (deed,) = person_actions.newest(db)
    assert (deed["who"], deed["deed"], deed["subject"]) == ("command line", "stop", "welcome")
    assert deed["note"] == f"wrong price; {reach}"
    over = waiting("flows", "stop", "welcome", "--yes")
    assert (over.code, "nobody is in welcome, and nothing of it is to leave" in over.err) == (1, True)
    assert "`leadoff flows pause` keeps it from starting" in over.err
    assert waiting("flows", "stop", "welcom", "--yes").code == 2


def test_a_flow_goes_back(waiting: Terminal) -> None:
    path = waiting.folder / "flows/welcome.yaml"
    path.write_text(
        FLOW.replace("Bye", "Farewell").replace("think", "pause").replace("steps:", "moved: {think: pause}\nsteps:")
    )
    waiting.well("apply", "--yes")
    asked = waiting("flows", "rollback", "welcome")
    assert (asked.code, "welcome goes back to deployment 1" in asked.err) == (1, True)
    said = waiting.well("flows", "rollback", "welcome", "--yes")
    assert said.out.partition("\n")[0].endswith(" → welcome of deployment 1")
    assert said.out.endswith(
        "deployment 3: welcome as deployment 1 has it; the files of the project are as they were\n"
    )
    assert [row["step"] for row in rows(waiting)] == ["think"] * 3
    assert (
        "bring the very same version back: `leadoff apply` refuses that without --take-back" in waiting.well("plan").out
    )
    back = waiting("apply", "--yes")
    assert (back.code, "welcome was rolled back in deployment 3" in back.err) == (1, True)
    waiting.well("apply", "--yes", "--take-back")
    assert [row["step"] for row in rows(waiting)] == ["pause"] * 3


REFUSED_ROLLBACKS = [
    (("welcome",), 1, "welcome was never another"),
    (("welcome", "--to", "1"), 1, "welcome is the same in deployment 1 as now"),
    (("welcome", "--to", "7"), 1, "there is no deployment 7"),
    (("welcom",), 2, 'did you mean "welcome"?'),
]


def test_where_a_flow_cannot_go_back(waiting: Terminal) -> None:
    for words, code, said in REFUSED_ROLLBACKS:
        done = waiting("flows", "rollback", *words, "--yes")
        assert (done.code, said in done.err) == (code, True), (words, done)
