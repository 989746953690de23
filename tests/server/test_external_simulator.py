"""The simulator as a process of its own, with a token of its own and on the daemon's clock."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.app import App
from engine.senders.config import Credentials, SenderConfig
from engine.senders.factory import make
from engine.senders.sender import BadSignature, CallbackRequest
from tests import databases
from tests.fork_server import leadoff
from tests.server.stage import Stage, phone, until


@contextmanager
def simulator(more: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Its address, and the token that it names."""
    environ = {"PATH": os.environ["PATH"], **more}
    words = [*leadoff(), "simulator", "--port", "0"]
    with subprocess.Popen(words, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        url = process.stdout.readline().strip()
        try:
            said = re.search(r"LEADOFF_SENDER_<NAME>_TOKEN=(\S+)", process.stderr.readline())
            assert said is not None
            yield url, said[1]
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.mark.usefixtures("each_database")
@pytest.mark.parametrize("speed", ["1", "60"])
def test_on_a_clock_that_runs_faster_both_agree(tmp_path: Path, speed: str) -> None:
    """What it signs just now is just now for the daemon, too: the messages get beyond `accepted`."""
    clock = {
        "LEADOFF_CLOCK_ORIGIN": datetime.now(UTC).isoformat(),
        "LEADOFF_CLOCK_SPEED": speed,
        "LEADOFF_CLOCK_OFFSET": "86400",
    }
    with simulator(clock) as (url, token), Stage(tmp_path / "shop", own_simulator=True) as stage:
        settings = clock | databases.environ() | {"LEADOFF_SENDER_MAIN_TOKEN": token}
        project = (stage.folder / "leadoff.yaml").read_text()
        named = project.replace("on_unknown: settle", f"on_unknown: settle, base_url: {url!r}")
        assert named != project
        (stage.folder / "leadoff.yaml").write_text(named)
        stage.app.close()
        stage.app = App(stage.folder, settings)
        stage.apply()
        stage.daemon(more=settings).ready()
        stage.join([phone(1)])
        until(lambda: stage.states() == ["delivered"] * 2, "both delivered")


def test_its_token_is_another_one_each_time_or_the_one_that_is_set() -> None:
    with simulator({}) as (_, first), simulator({}) as (_, second):
        assert len(first) >= 32 and first != second
    with simulator({"LEADOFF_SIMULATOR_TOKEN": "mine"}) as (_, token):
        assert token == "mine"


def test_what_the_old_constant_signs_is_refused() -> None:
    from engine.senders.signatures import hmac_of_stamp as sign

    credentials = Credentials("main", {"LEADOFF_SENDER_MAIN_TOKEN": "random"})
    sender = make("simulator", SenderConfig("main", "+18445550100", credentials, "", "http://127.0.0.1:9"))
    headers = {"X-Simulator-Timestamp": "1", "X-Simulator-Signature": sign("simulator", "1", b"[]")}
    with pytest.raises(BadSignature):
        sender.parse_inbound(CallbackRequest(headers, b"[]"), 1)
