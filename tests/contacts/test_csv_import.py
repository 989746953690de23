"""A long import: how much of it is in memory and in one transaction, what it says while it runs, and what is left when it is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from engine.contacts import csv_reader
from engine.contacts.csv_import import Imported, import_file, suppress_file
from engine.contacts.csv_reader import BATCH
from engine.intake import inbound
from engine.senders.sender import InboundText
from tests.world import World

pytestmark = pytest.mark.usefixtures("each_database")

ROOT = Path(__file__).parent.parent.parent
FLOW = """\
flow: welcome
language: 1
category: transactional
trigger: {event: list.joined}
steps: [{id: hi, sms: Hello}]
"""


def phone(number: int) -> str:
    return f"+1303{2_200_000 + number:07d}"


def rows(count: int) -> str:
    """Each third has opted out, the others are subscribed."""
    said = ("unsubscribed", "subscribed", "subscribed")
    lines = (f"{phone(number)},Ann{number},{said[number % 3]}" for number in range(count))
    return "\n".join(["phone,first_name,consent", *lines]) + "\n"


def counted(world: World, sql: str) -> int:
    with world.app.database.reading() as db:
        return int(db.execute(sql).fetchone()[0])


IMPORTED = "SELECT COUNT(*) FROM contact WHERE phone LIKE '+13032%'"


def test_each_batch_is_stored_before_the_next_one_is_read(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(rows(3 * BATCH + 5))
    with World(tmp_path, FLOW) as world:
        told: list[tuple[int, int, float]] = []

        def tell(count: int, share: float) -> None:
            told.append((count, counted(world, IMPORTED), share))

        project = world.app.deployed().project
        import_file(world.app.database, project, tmp_path / "people.csv", None, world.clock.now(), tell)
        assert [count for count, *_ in told] == [BATCH, BATCH, BATCH, 5]
        assert [stored for _, stored, _ in told] == [BATCH, 2 * BATCH, 3 * BATCH, 3 * BATCH + 5]
        shares = [share for *_, share in told]
        assert shares == sorted(shares) and shares[-1] == 1.0
        assert shares[0] <= 0.34 + 65_536 / (tmp_path / "people.csv").stat().st_size, "the file is read as it is stored"


def test_a_list_of_opt_outs_is_stored_a_batch_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "BATCH", 10)
    (tmp_path / "people.csv").write_text(rows(25))
    with World(tmp_path, FLOW) as world:
        told: list[tuple[int, int]] = []

        def tell(count: int, share: float) -> None:
            told.append((count, counted(world, "SELECT COUNT(*) FROM consent WHERE phone LIKE '+13032%'")))

        suppress_file(world.app.database, tmp_path / "people.csv", None, "old provider", world.clock.now(), tell)
        assert told == [(10, 10), (10, 20), (5, 25)]


KILLED = """
import os, signal, sys
from pathlib import Path
from engine.app import App
from engine.clock import ManualClock
from engine.contacts.csv_import import import_file
from tests import databases
folder, now = Path(sys.argv[1]), int(sys.argv[2])
left = 2

def tell(count, share):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

with App(folder, databases.environ(), ManualClock(now)) as app:
    import_file(app.database, app.deployed().project, folder / "people.csv", folder / "errors.csv", now, tell)
"""


def test_an_import_that_was_killed_goes_on_and_loses_no_consent(tmp_path: Path) -> None:
    count = 3 * BATCH
    (tmp_path / "people.csv").write_text(rows(count) + "+1303555,No,unsubscribed\n")
    with World(tmp_path, FLOW) as world:
        command = [sys.executable, "-c", KILLED, str(tmp_path), str(world.clock.now())]
        died = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        assert died.returncode == -9, died.stderr
        there = counted(world, IMPORTED)
        assert BATCH < there < count, "it died in the middle"
        stop = InboundText("i1", phone(1), "+18445550100", "STOP", (), world.clock.now())
        inbound.receive_texts(world.app.database, [stop], world.clock.now())
        done = import_file(
            world.app.database,
            world.app.deployed().project,
            tmp_path / "people.csv",
            tmp_path / "errors.csv",
            world.clock.now(),
        )
        assert done._replace(reasons=()) == Imported(
            new=count - there, changed=0, unchanged=there, rejected=1, outweighed=1
        )
        assert counted(world, IMPORTED) == count
        by_status = "SELECT COUNT(*) FROM consent WHERE phone LIKE '+13032%' AND status = "
        assert counted(world, f"{by_status} 'unsubscribed'") == count // 3 + 1, "and the STOP that came between"
        assert counted(world, f"{by_status} 'subscribed'") == count - count // 3 - 1
        assert len((tmp_path / "errors.csv").read_text().splitlines()) == 2
        again = import_file(
            world.app.database, world.app.deployed().project, tmp_path / "people.csv", None, world.clock.now()
        )
        assert (again.new, again.changed, again.unchanged) == (0, 0, count)
