"""The daemon in good days: it starts, hears of events from other processes, follows deployments, and ends in order."""

from __future__ import annotations

import hashlib
import json
import signal
from collections import Counter
from pathlib import Path

import httpx
import pytest

from engine.cli import run
from engine.simulator import Simulator
from tests.server.stage import FLOW, Stage, phone, until

pytestmark = pytest.mark.usefixtures("each_database")


def test_an_event_from_another_process_becomes_delivered_messages(tmp_path: Path) -> None:
    with Stage(
        tmp_path / "shop", flow=FLOW.replace('text: "Hello', 'image: media/hero.png, otherwise: skip, text: "Hello')
    ) as stage:
        daemon = stage.daemon().ready()
        stage.join([phone(1), phone(2)])
        stage.settle(4)
        assert stage.states() == ["delivered"] * 4
        assert sorted(stage.tags().values()) == [1, 1, 1, 1]
        hello = stage.simulator.ledger.messages()[0]
        picture = (stage.folder / "media/hero.png").read_bytes()
        assert hello.media_sha256 == hashlib.sha256(picture).hexdigest()
        link = hello.text.split()[-1]
        assert link.startswith(f"{daemon.url}/l/")
        led_to = httpx.get(link, trust_env=False).headers["Location"]
        assert led_to.startswith("https://acme.example/spring?utm_source=test-shop&utm_medium=mms")
        assert httpx.get(f"{daemon.url}/readyz", trust_env=False).json()["status"] == "ready"
        counted = httpx.get(f"{daemon.url}/metrics", trust_env=False).text
        assert 'leadoff_provider_request_seconds_count{outcome="accepted",sender="main"} 4.0' in counted


def test_every_command_goes_by_the_address_of_the_daemon_that_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The project's public_url is the loopback one, with another port."""
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.daemon().ready()
        where = ("--project", str(stage.folder))
        assert run(("send-test", "hello", "hi", "--to", phone(1), *where)) == 0
        assert f"Hello! {daemon.url}/l/" in capsys.readouterr().out
        run(("doctor", "--format", "json", *where))
        told = json.loads(capsys.readouterr().out)["project"]
        assert (told["public_url"], told["public_url_reached"]) == (daemon.url, "yes")
        assert daemon.terminate() == 0
        run(("doctor", "--format", "json", *where))
        assert json.loads(capsys.readouterr().out)["project"]["public_url"] == "http://127.0.0.1:8025"


def test_in_staging_it_says_so_and_texts_nobody_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.daemon(more={"LEADOFF_ONLY_TO": phone(1)}).ready()
        line = daemon.wait_for("staging: only")
        assert line.endswith("only +1202•••0101 is texted (LEADOFF_ONLY_TO); every other message is skipped")
        run(("doctor", "--format", "json", "--project", str(stage.folder)))
        told = json.loads(capsys.readouterr().out)
        assert told["daemon"]["only_to"] == ["+1202•••0101"]
        assert "LEADOFF_ONLY_TO" not in " ".join(told["amiss"]), "it is no problem"
        stage.join([phone(1), phone(2)])
        until(lambda: Counter(stage.states()) == {"delivered": 2, "skipped": 2}, "two texts, two skipped")
        assert {entry.to for entry in stage.simulator.ledger.messages()} == {phone(1)}
        daemon.terminate()


@pytest.mark.only("postgres", "a SQLite file has one daemon")
def test_a_daemon_that_would_text_others_than_those_that_run_does_not_start(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        staging = {"LEADOFF_ONLY_TO": phone(1)}
        stage.daemon(more=staging).ready()
        second = stage.daemon(web=False)
        assert second.code() == 1
        assert "texts only +1202•••0101, and this one would not" in second.said[0]
        stage.daemon(web=False, more=staging).wait_for("leadoff runs")


def test_it_tells_others_where_it_runs_and_stops_saying_so_when_it_ends(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.fresh_daemon().ready()
        facts = stage.app.lock.facts()
        assert facts["pid"] == daemon.process.pid
        assert f"http://{facts['host']}:{facts['port']}" == daemon.url
        assert "(1 flow, database " in daemon.said[0]
        assert stage.app.lock.held()
        assert daemon.terminate() == 0
        assert not stage.app.lock.held()
        assert [line.rpartition("daemon: ")[2] for line in daemon.said[1:]] == ["ended in order on SIGTERM"]


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGHUP])
def test_when_asked_to_end_it_lets_the_request_in_flight_end(tmp_path: Path, asked: signal.Signals) -> None:
    with Stage(tmp_path / "shop", flow=FLOW.partition("  - id: pause")[0]) as stage:
        daemon = stage.daemon().ready()
        stage.simulator.add_fault("slow;seconds=2")
        stage.join([phone(1)])
        until(lambda: bool(stage.tags()), "the message at the provider")
        assert stage.states() == ["sending"]
        daemon.process.send_signal(asked)
        assert daemon.code() == 0
        assert daemon.said[-1].endswith("ended in order on SIGTERM")
        assert stage.states() == ["accepted"]


def test_without_web_it_sends_and_ends_on_ctrl_c(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        daemon = stage.daemon(web=False).ready()
        stage.join([phone(1)])
        until(lambda: stage.states() == ["accepted"] * 2, "both messages accepted")
        daemon.process.send_signal(signal.SIGINT)
        assert daemon.code() == 0
        assert daemon.said[-1].endswith("ended in order on SIGINT")


@pytest.mark.only("sqlite", "on PostgreSQL any number of them may run")
def test_a_second_daemon_on_the_same_database_is_refused(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        first = stage.fresh_daemon().ready()
        second = stage.daemon()
        assert second.code() == 1
        assert f"error: another daemon (process {first.process.pid}) already runs on" in second.said[0]
        stage.join([phone(1)])
        stage.settle(2)
        assert first.terminate() == 0


def test_a_taken_port_is_said_to_be(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage, Simulator(port=stage.port):
        daemon = stage.daemon()
        assert daemon.code() == 2
        assert daemon.said[0].startswith(
            f"error: cannot listen on 127.0.0.1 port {stage.port}: something else listens there"
        )
        assert not stage.app.lock.held()


def test_a_sender_without_an_address_gets_a_simulator_until_a_deployment_names_one(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop", own_simulator=True) as stage:
        stage.daemon().ready()
        stage.join([phone(1)])
        until(lambda: stage.states() == ["delivered"] * 2, "both delivered by the daemon's own simulator")
        assert not stage.tags()
        project = (stage.folder / "leadoff.yaml").read_text()
        named = project.replace("on_unknown: settle", f"on_unknown: settle, base_url: {stage.simulator.url!r}")
        (stage.folder / "leadoff.yaml").write_text(named)
        stage.apply()
        stage.join([phone(2)])
        stage.settle(4)  # by its second tick the daemon has followed the deployment
        stage.join([phone(3)])
        stage.settle(6)
        assert sorted(tag for tag in stage.tags() if tag and tag.startswith("3-")) == ["3-3-0", "3-3-2"]


def test_a_flow_that_is_deployed_meanwhile_is_followed_at_once(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        stage.daemon().ready()
        (stage.folder / "flows/hello.yaml").write_text(FLOW.replace("Hello!", "Welcome!"))
        stage.apply()
        stage.join([phone(1)])
        stage.settle(2)
        assert stage.simulator.ledger.messages()[0].text.startswith("Welcome!")


def test_it_ends_when_asked_though_its_parent_was_deaf(tmp_path: Path) -> None:
    """Blocked signals are inherited: a supervisor that blocks SIGTERM must not make a daemon that cannot be stopped."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        with Stage(tmp_path / "shop") as stage:
            assert stage.fresh_daemon().ready().terminate() == 0
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
