"""A daemon as `leadoff run` starts it, with N contacts waiting: from the due time to the request, and how much memory it needs.

The runs that fall due meanwhile are spread over the table. The provider is the simulator in this process, which notes when a request
comes; the sender's rate is set so high that it holds up nothing.

    python benchmarks/delay.py [--sizes 10000,1000000] [--due 200] [--database sqlite|postgres] [--format text|json]
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import promo
from benchmarks import waiting_contacts as waiting
from benchmarks.postgres_server import KINDS, of_kind
from benchmarks.table import Row, show
from engine.app import App
from engine.clock import SystemClock
from engine.deploy.read_project import read_and_check
from engine.simulator import Simulator

TOKEN = {"LEADOFF_SENDER_MAIN_TOKEN": "simulator"}
EVERY_MS = 100
SOON_MS = 3_000  # until the first one is due
RUN = "import sys; from pathlib import Path; from engine.app import App; from engine.server.daemon import serve\n" + (
    "with App(Path(sys.argv[1])) as app: sys.exit(serve(app, port=0))"
)
FAR_MS = 30 * promo.DAY
MOST_MB = 120.0
MOST_MS = {"sqlite": 100.0, "postgres": 250.0}  # docs/decisions/0047


def one(n: int, due: int, kind: str, url: str) -> list[Row]:
    simulator = Simulator(accounts={"demo": "simulator"}, fetch_media=False)
    simulator.start()
    environ = {**TOKEN, **({"LEADOFF_DATABASE_URL": url} if url else {})}
    with tempfile.TemporaryDirectory() as name:
        folder, clock = Path(name), SystemClock()
        with waiting.opened(folder, environ, clock) as app:
            _serve_at(app, folder, simulator.url)
            waiting.fill(app, n, lambda i: clock.now() + FAR_MS + i)
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, name], env={**os.environ, **environ}, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        while "leadoff runs" not in process.stderr.readline():
            assert process.poll() is None, "the daemon ended"
        threading.Thread(target=process.stderr.read, daemon=True).start()  # else it would wait for a reader
        with App(folder, environ, clock) as app:
            first = clock.now() + SOON_MS
            chosen = [
                2 * (i * (n // 2) // due) + 1 for i in range(due)
            ]  # runs in the order of numbers; odd ones have not bought
            expected = {promo.phone(run - 1): first + at * EVERY_MS for at, run in enumerate(chosen)}
            dues = [(first + at * EVERY_MS, run) for at, run in enumerate(chosen)]
            app.database.write(lambda db: db.many("UPDATE run SET due_at = ? WHERE id = ?", dues))
            app.wake_daemon()
        arrived: dict[str, int] = {}
        deadline = time.monotonic() + SOON_MS / 1000 + due * EVERY_MS / 1000 + 60
        while len(arrived) < due and time.monotonic() < deadline:
            time.sleep(0.5)
            arrived = {entry.to: entry.accepted_at for entry in simulator.ledger.messages()}
        memory = _resident(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait()
    simulator.stop()
    late = sorted(arrived[number] - at for number, at in expected.items() if number in arrived)
    assert len(late) == due, f"{len(late)} of {due} arrived"
    most = MOST_MS[kind]
    worst, middle = late[int(due * 0.99) - 1], late[due // 2]
    return [
        Row(f"due to request p50, {kind}", n, middle, "ms", most, middle / most),
        Row(f"due to request p99, {kind}", n, worst, "ms", most, worst / most),
        Row(f"daemon's memory, {kind}", n, memory, "MB", MOST_MB, memory / MOST_MB),
    ]


def _serve_at(app: App, folder: Path, url: str) -> None:
    """The sender is this simulator's, quiet hours are off."""
    text = (folder / "leadoff.yaml").read_text()
    text = text.replace('base_url: "http://127.0.0.1:9"', f'base_url: "{url}", rate: 10000')
    (folder / "leadoff.yaml").write_text(text + "quiet_hours: off\n")
    app.apply(read_and_check(folder, app.registry))


def _resident(pid: int) -> float:
    """The most that was resident, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="10000,1000000")
    parser.add_argument("--due", type=int, default=200)
    parser.add_argument("--database", choices=KINDS, default="sqlite")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    args = parser.parse_args()
    rows: list[Row] = []
    with of_kind(args.database) as new:
        for size in map(int, args.sizes.split(",")):
            with new() as url:
                rows += one(size, args.due, args.database, url)
    print(show(rows, args.format))


if __name__ == "__main__":
    main()
