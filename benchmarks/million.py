"""What the commands and the daemon need with a million contacts: processor time and peak memory of each.

python benchmarks/million.py make FOLDER [--contacts 1000000]     a project with its database, and FOLDER.csv beside it
python benchmarks/million.py measure FOLDER [--only NAME]         a table; it changes no row but by `apply` and `import`
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

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
    wall: float
    megabytes: float  # the most that was resident
    code: int


def measured(name: str, words: list[str], folder: Path) -> Needs:
    began = time.monotonic()
    with open(os.devnull, "wb") as nothing:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine.cli", *words], cwd=folder, stdout=nothing, stderr=nothing
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Needs(
        name, used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024, process.returncode
    )


def commands(folder: Path, only: str | None) -> Iterator[Needs]:
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parent.parent)
    for name, line in COMMANDS.items():
        if only is None or only == name:
            yield measured(name, line.format(csv=folder.with_suffix(".csv")).split(), folder)


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
    parser.add_argument("--only", choices=[*COMMANDS])
    args = parser.parse_args()
    if args.what == "make":
        make(args.folder, args.contacts)
        return
    print(f"{'command':<32}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}")
    for row in commands(args.folder, args.only):
        failed = f"  exit {row.code}" if row.code not in (0, 1) else ""
        print(f"{row.name:<32}{row.seconds:>8.2f}{row.wall:>8.1f}{row.megabytes:>9.0f}{failed}", flush=True)


if __name__ == "__main__":
    main()
