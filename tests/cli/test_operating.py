"""hold, release, flows, reconcile, messages resolve, send-test, stats: what an operator types."""

from __future__ import annotations

import socket

import pytest

from engine import clock as clocks
from engine.app import App
from engine.cli import doctor_checks
from engine.store import person_actions, rate
from tests import databases, morning
from tests.cli.conftest import Terminal
from tests.world import ADA, BEN, CY, World

FLOW = """\
flow: welcome
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - id: hero
    sms: "Hi {{ contact.first_name | default('you') }}"
  - id: think
    delay: 2d
"""


@pytest.fixture
def told(terminal: Terminal) -> Terminal:
    """Ada's message arrived, the answer to Ben's was lost, Cy's is queued."""
    with World(terminal.folder, FLOW) as world:
        world.simulator.add_fault(f"reset@{BEN}")
        for phone in (ADA, BEN):
            world.event("list.joined", phone)
        world.tick()
        world.send()
        world.callbacks()
        world.event("list.joined", CY)
        world.tick()
    return terminal


def test_sending_is_held_and_let_go(told: Terminal) -> None:
    assert "on hold" in told.well("hold").out
    assert told.well("hold").out == "sending was on hold already\n"
    assert "sending is on hold since" in told.well("messages").err
    sick = told("doctor")
    assert "problem: sending is on hold" in sick.out
    assert told.well("release").out == "sending is resumed\n"
    assert "on hold" not in told.well("messages").err + told("doctor").out
    told.well("flows", "pause", "welcome")
    with App(told.folder) as app, app.database.reading() as db:
        done = [(each["who"], each["deed"], each["subject"]) for each in person_actions.newest(db)]
    assert done == [
        ("command line", "pause", "welcome"), ("command line", "release", ""), ("command line", "hold", ""),
    ]  # fmt: skip


def test_a_flow_is_paused_and_resumed(told: Terminal) -> None:
    (flow,) = told.well("flows", "--format", "json").json["flows"]
    known = {key: flow[key] for key in ("flow", "category", "deployed", "waiting", "parked", "queued", "paused_at")}
    assert known == {
        "flow": "welcome", "category": "transactional", "deployed": True, "waiting": 3, "parked": 0, "queued": 1, "paused_at": None,
    }  # fmt: skip
    assert told.well("flows", "pause", "welcome").out == "welcome is paused\n"
    assert "already" in told.well("flows", "pause", "welcome").out
    (flow,) = told.well("flows", "--format", "json").json["flows"]
    assert flow["paused_at"] is not None
    assert "welcome" in told.well("flows").out
    assert told.well("flows", "resume", "welcome").out == "welcome is resumed\n"
    assert told("flows", "pause", "welcom").code == 2
    assert told("flows", "pause", "@answers").code == 2


def test_an_unknown_message_is_settled_by_a_person(told: Terminal) -> None:
    (unknown,) = told.well("messages", "--status", "unknown", "--format", "json").json["messages"]
    assert told("messages", "resolve", str(unknown["id"]), "--as", "sent").code == 2
    assert "is lost" in told.well("messages", "resolve", str(unknown["id"]), "--as", "lost").out
    again = told("messages", "resolve", str(unknown["id"]), "--as", "accepted")
    assert (again.code, "is not unknown" in again.err) == (1, True)
    assert "resolved by hand: lost" in told.well("explain", BEN).out
    assert told.well("reconcile").err == "no message is unknown\n"
    assert told.well("reconcile", "--format", "json").json == {"messages": []}


def test_a_simulator_that_only_the_daemon_has_is_asked_by_it_alone(told: Terminal) -> None:
    said = told("reconcile")
    assert (said.code, "leadoff run" in said.err) == (2, True)


def test_a_test_message_says_what_it_costs(told: Terminal) -> None:
    said = told.well("send-test", "welcome", "hero", "--to", "+12025550188", "--contact", '{"first_name": "Eve"}')
    assert said.out.splitlines()[0] == "Hi Eve"
    assert "SMS, 1 part, 0.015 USD: message" in said.out
    assert "no daemon runs" in said.err
    made = told.well("send-test", "welcome", "hero", "--to", "+12025550188", "--format", "json").json
    assert (made["text"], made["kind"], made["price"]) == ("Hi you", "sms", 0.015)
    assert "a test" in told.well("messages").out
    spaced = told.well("send-test", "welcome", "hero", "--to", "+1 (202) 555-0188").out
    assert "to +12025550188 by" in spaced
    assert told("send-test", "welcome", "think", "--to", ADA).code == 1
    assert told("send-test", "welcome", "heor", "--to", ADA).code == 2
    assert told("send-test", "welcome", "hero", "--to", ADA, "--contact", '{"nmae": "x"}').code == 2
    assert told("send-test", "welcome", "hero", "--to", ADA, "--contact", "[]").code == 2


def test_staging_is_said_and_a_wrong_list_is_refused(told: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told("doctor", "--format", "json").json["sending"]["only_to"] == "everybody"
    monkeypatch.setenv("LEADOFF_ONLY_TO", f"{ADA}, +1 312 555 0123")
    assert told("doctor", "--format", "json").json["sending"]["only_to"] == ["+1202•••0143", "+1312•••0123"]
    with App(told.folder, databases.environ()) as daemon:  # that was started with another environment
        daemon.lock.acquire()
        assert told("doctor", "--format", "json").json["sending"]["only_to"] == "everybody"
        daemon.lock.tell(only_to=["+1202•••0143"])
        assert told("doctor", "--format", "json").json["sending"]["only_to"] == ["+1202•••0143"]
        daemon.lock.release()
    refused = told("send-test", "welcome", "hero", "--to", CY)
    assert (refused.code, "+1416•••0123 gets no test: it is not in LEADOFF_ONLY_TO" in refused.err) == (1, True)
    monkeypatch.setenv("LEADOFF_ONLY_TO", "Ada")
    for words in (("run", "--port", "0"), ("doctor",), ("send-test", "welcome", "hero", "--to", ADA)):
        wrong = told(*words)
        assert (wrong.code, "error: LEADOFF_ONLY_TO, number 1: write a phone number" in wrong.err) == (2, True), words


def test_a_flow_is_counted(told: Terminal) -> None:
    found = told.well("stats", "welcome", "--format", "json").json
    assert (found["entered"], found["active"], found["cost"]) == (3, 3, 0.03)
    (hero,) = found["steps"]
    assert (hero["written"], hero["accepted"], hero["unknown"]) == (3, 1, 1)
    text = told.well("stats", "welcome").out
    assert text.startswith("welcome: 3 entered, 3 active, 0.030 USD")
    assert told("stats", "other").code == 2


def test_a_step_that_was_held_is_drawn_in_the_story(terminal: Terminal) -> None:
    flow = FLOW.replace("category: transactional\n", "")
    with World(terminal.folder, flow) as world:
        project = (
            (world.folder / "leadoff.yaml")
            .read_text()
            .replace("quiet_hours: off", 'quiet_hours: {between: ["09:00", "21:00"]}')
        )
        world.write(flow, project=project)
        world.apply()
        world.event("list.joined", ADA)
        world.tick()
    assert "held until" in terminal.well("explain", ADA).out


def test_the_doctor_looks_at_the_work(told: Terminal) -> None:
    """The stories' clock is ahead of the machine's: what it wrote lies in the future."""
    with World(told.folder, FLOW) as world:
        now, soon = world.clock.now(), clocks.from_environment(morning.clock()).now() + 600_000
        world.app.database.write(lambda db: rate.close(db, "main", soon))
        world.app.database.write(lambda db: rate.close(db, "other", now))  # no rule sets one months ahead (E4)
        world.app.database.write(lambda db: db.execute("UPDATE message SET sent_at = 1 WHERE status = 11").rowcount)
    sick = told("doctor", "--format", "json")
    assert (sick.code, sick.json["project"]["public_url_reached"]) == (1, "not asked: no daemon runs")
    assert (sick.json["sending"]["unknown"], sick.json["sending"]["held_since"]) == (1, None)
    (failing,) = sick.json["sending"]["failing_senders"]
    assert failing.startswith("main, pauses until ")
    amiss = " ".join(sick.json["amiss"])
    assert "1 message may or may not have been sent" in amiss
    assert "the newest row is of 2027-04-01" in amiss


def test_the_doctor_asks_whether_the_outside_reaches_us(shop: Terminal) -> None:
    shop.well("apply", "--yes")
    with App(shop.folder) as app, socket.create_server(("127.0.0.1", 0)) as silent:
        app.lock.acquire(host="127.0.0.1", port=silent.getsockname()[1])
        assert doctor_checks.reached(app, "http://sms.acme.example") == "not asked: it is not https"
        silent.close()
        assert app.address("http://127.0.0.1:1") == app.lock.web_url() != "http://127.0.0.1:1"
        assert app.address("https://sms.acme.example") == "https://sms.acme.example"
        assert doctor_checks.reached(app, app.address("http://127.0.0.1:1")) == "no: ConnectError"
        (line,) = doctor_checks.problems(app, "no: ConnectError")
        assert "does not lead here (ConnectError)" in line
        app.lock.release()


@pytest.mark.only("sqlite", "a PostgreSQL database lists its daemons")
def test_daemons_of_a_file_are_shown_by_doctor(open_shop: Terminal) -> None:
    said = open_shop.well("daemons")
    assert (said.out, said.err) == (
        "",
        "none is listed: a SQLite file has one daemon at most, and `leadoff doctor` shows it\n",
    )
    assert open_shop.well("daemons", "--format", "json").json == {"daemons": []}


def test_stats_of_a_period_and_as_lines_for_a_spreadsheet(told: Terminal) -> None:
    whole = told.well("stats", "welcome", "--since", "1d", "--format", "csv").out.splitlines()
    assert (
        whole[0]
        == "flow,step,written,accepted,delivered,undelivered,failed,unknown,no_mms,clicked,replied,opted_out,cost,skipped"
    )
    assert whole[1].startswith("welcome,hero,3,1,1,0,0,1,")
    assert told.well("stats", "welcome", "--until", "2020-01-01", "--format", "json").json["entered"] == 0
    wrong = told("stats", "welcome", "--since", "yesterday")
    assert (wrong.code, "--since yesterday is not a time" in wrong.err) == (2, True)
    assert told("stats", "welcome", "--since", "1d", "--until", "2d").code == 2
