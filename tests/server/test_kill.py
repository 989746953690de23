"""Kill -9 at any moment: no message is accepted twice, none is lost without being listed, no run is half (R2, M1, M3)."""

from __future__ import annotations

import random
import socket
import subprocess
from pathlib import Path

import pytest

from engine.simulator import Simulator
from tests.server.stage import Stage, phone, until

pytestmark = pytest.mark.usefixtures("each_database")
DIED = "messages were being sent when the last daemon ended"


def check_books(stage: Stage, contacts: int) -> None:
    """Our database and the provider's ledger tell the same story."""
    messages, tags = stage.messages(), stage.tags()
    assert set(tags.values()) <= {1}
    assert len(messages) == 2 * contacts == len({message.tag for message in messages})
    assert {message.status for message in messages} <= {"delivered", "unknown"}
    assert {message.tag for message in messages if message.status == "delivered"} == set(tags)


def test_before_the_request(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop") as stage:
        stage.simulator.pause_listening()
        daemon = stage.daemon().ready()
        stage.join([phone(1), phone(2)])
        until(lambda: [(m.status, m.attempts) for m in stage.messages()].count(("queued", 1)) > 0, "a refused attempt")
        until(lambda: "sending" not in stage.states(), "nothing under way")
        daemon.kill()
        stage.simulator.resume_listening()
        stage.daemon().ready()
        stage.settle(4)
        assert stage.states() == ["delivered"] * 4
        check_books(stage, 2)


def test_while_the_provider_reads_the_request(tmp_path: Path) -> None:
    """It never accepts it; nobody can know, so it is listed as unknown and the next message goes its way."""
    with Stage(tmp_path / "shop") as stage:
        port = int(stage.simulator.url.rsplit(":", 1)[1])
        stage.simulator.stop()
        with socket.create_server(("127.0.0.1", port)) as deaf:
            daemon = stage.daemon().ready()
            stage.join([phone(1)])
            connection, _ = deaf.accept()
            with connection:
                assert connection.recv(4).startswith(b"POST")
                daemon.kill()
        stage.leases_end()
        stage.simulator = Simulator(port, accounts={"demo": "simulator"})
        stage.simulator.start()
        stage.daemon().ready().wait_for(f"1 {DIED}")
        stage.settle(2)
        assert stage.states() == ["unknown", "delivered"]
        check_books(stage, 1)


@pytest.mark.parametrize("fault", ["slow;seconds=1", "half_answer", "none"], ids=["accepted", "half", "answered"])
def test_after_the_provider_accepted(tmp_path: Path, fault: str) -> None:
    """Without an answer, with half of one, with all of it; the provider's callback settles what is unknown."""
    with Stage(tmp_path / "shop") as stage:
        if fault != "none":
            stage.simulator.add_fault(fault)
        daemon = stage.daemon().ready()
        stage.join([phone(1)])
        until(lambda: bool(stage.tags()), "the message at the provider")
        daemon.kill()
        stage.leases_end()
        daemon = stage.daemon().ready()
        if fault.startswith("slow"):
            daemon.wait_for(f"1 {DIED}")
        stage.settle(2)
        assert stage.states() == ["delivered"] * 2
        check_books(stage, 1)


def test_a_sender_that_prefers_twice_to_never(tmp_path: Path) -> None:
    with Stage(tmp_path / "shop", on_unknown="resend") as stage:
        stage.simulator.add_fault("slow;seconds=4")  # its callback comes after the second attempt
        daemon = stage.daemon().ready()
        stage.join([phone(1)])
        until(lambda: bool(stage.tags()), "the message at the provider")
        daemon.kill()
        stage.leases_end()
        stage.daemon().ready()
        stage.settle(2)
        assert stage.states() == ["delivered"] * 2
        assert sorted(stage.tags().values()) == [1, 2]


def test_at_random_moments(tmp_path: Path) -> None:
    moments, count = random.Random(20261124), 0
    with Stage(tmp_path / "shop") as stage:
        for _ in range(8):
            for fault in moments.sample(
                ["drop_answer:2", "half_answer", "reset", "reset_after", "500", "429", "slow;seconds=0.3"], 3
            ):
                stage.simulator.add_fault(fault)
            daemon = stage.daemon()
            stage.join([phone(count + i) for i in range(10)])
            count += 10
            daemon.ready()
            stage.join([phone(count + i) for i in range(15)])
            count += 15
            with pytest.raises(subprocess.TimeoutExpired):  # it lives until then, and would live on
                daemon.process.wait(moments.uniform(0.0, 0.5))
            daemon.kill()
            stage.leases_end()
        stage.leases_end()
        daemon = stage.daemon().ready()
        stage.settle(2 * count)
        check_books(stage, count)
        assert len(stage.tags()) > count
        with stage.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*), COUNT(*) FILTER (WHERE status = 2) FROM run").fetchone() == (
                count,
                count,
            )
            assert db.execute("SELECT COUNT(*) FROM event WHERE pending = 1").fetchone() == (0,)
        assert daemon.terminate() == 0
