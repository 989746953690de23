"""What the commands and the daemon need with a million contacts: processor time, peak memory and the longest write of each.

python benchmarks/million.py make FOLDER [--contacts 1000000]     a project with its database, and FOLDER.csv beside it
python benchmarks/million.py measure FOLDER [--only NAME]         a table; the project is another one afterwards
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

ENROLLING = "apply, enroll_existing"
DAEMON = "run, two minutes of entering them"
COMMANDS = {
    "contacts list": "contacts list",
    "contacts list --format json": "contacts list --format json",
    "contacts show": "contacts show +12022200000",
    "contacts export": "contacts export",
    "runs": "runs",
    "runs --status parked": "runs --status parked",
    "messages": "messages",
    "messages --format json": "messages --format json",
    "messages --status unknown": "messages --status unknown",
    "segments": "segments",
    "segments everybody": "segments everybody",
    "flows": "flows",
    "stats promo": "stats promo",
    "doctor": "doctor",
    "db check": "db check",
    "explain": "explain +12022200000",
    "upcoming": "upcoming",
    "upcoming --flow promo": "upcoming --flow promo",
    "plan": "plan",
    "events export": "events export",
    "contacts import": "contacts import {csv}",
}


class Needs(NamedTuple):
    """What one process needed."""

    name: str
    seconds: float  # of the processor
    megabytes: float  # the most that was resident
    longest: float  # ms of the processor that its longest write transaction took
    code: int


def measured(name: str, words: list[str], folder: Path, lasts: float | None = None) -> Needs:
    """`lasts`: it is ended after so many seconds."""
    with open(os.devnull, "wb") as nothing, tempfile.TemporaryFile() as told:
        command = [sys.executable, str(HERE / "longest_write.py"), *words]
        process = subprocess.Popen(command, cwd=folder, stdin=nothing, stdout=nothing, stderr=told)
        if lasts is not None:
            time.sleep(lasts)
            process.send_signal(signal.SIGTERM)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        *said, last = told.read().decode().strip().splitlines()
    if process.returncode not in (0, 1):
        sys.exit("\n".join([f"{name}: exit {process.returncode}", *said[-5:]]))
    longest = json.loads(last)["longest_ms"]
    return Needs(name, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, longest, process.returncode)


def commands(folder: Path, only: str | None) -> Iterator[Needs]:
    for name, line in COMMANDS.items():
        if only is None or only == name:
            yield measured(name, line.format(csv=folder.with_suffix(".csv")).split(), folder)
    if only in (None, ENROLLING):
        (folder / "flows/welcome.yaml").write_text((HERE / "million_welcome.yaml").read_text())
        yield measured(ENROLLING, ["apply", "--yes"], folder)
    if only in (None, DAEMON):
        yield measured(DAEMON, ["run", "--port", "8217"], folder, lasts=120)


def make(folder: Path, n: int) -> None:
    from benchmarks import million_contacts  # only here: what this process holds would count for those that it starts

    million_contacts.project(folder)
    million_contacts.write_csv(folder.with_suffix(".csv"), n)
    for done in million_contacts.fill(folder, n):
        print(f"\r{done:,} contacts", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("make", "measure"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--only", choices=[*COMMANDS, ENROLLING, DAEMON])
    args = parser.parse_args()
    if args.what == "make":
        make(args.folder, args.contacts)
        return
    print(f"{'command':<36}{'CPU s':>8}{'peak MB':>9}{'longest write ms':>18}")
    for row in commands(args.folder, args.only):
        print(f"{row.name:<36}{row.seconds:>8.2f}{row.megabytes:>9.0f}{row.longest:>18.0f}", flush=True)


if __name__ == "__main__":
    main()
