"""What each command that reads costs: processor time and memory of a whole process, in the example shop with a small database.

Each command runs as a process of its own, several times; the least of each counts, for a loaded machine adds and never takes away.
Modules are compiled before, as an installed Leadoff has them: the first run of all writes the bytecode into a folder of its own.
The daemon is measured once it is ready, before its first event.

    python benchmarks/commands.py [--times 5] [--only runs,check] [--format text|json]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    "--version", "--help", "runs --help", "check", "check --format json", "rule", "rule LO202", "fmt --check", "schema",
    "schema flow", "parts hello", "media list", "init --list", "contacts list", "contacts show {contact}",
    "contacts show {contact} --all", "contacts export", "segments", "explain {contact}", "runs", "messages", "flows",
    "stats spring-drop", "notices", "token list", "db check", "doctor",
)  # fmt: skip
CONTACT = "+12025550143"
READY_SECONDS = 60


class Cost(NamedTuple):
    """The least of several runs: seconds of user and system time, MB of memory at the most."""

    command: str
    cpu: float
    memory: float
    exit: int


def measured(command: str, folder: Path, times: int) -> Cost:
    found = []
    for _ in range(times + 1):  # the first compiles
        words = _line(command.format(contact=CONTACT).split())
        process = subprocess.Popen(
            words, cwd=folder, env=_environ(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        found.append(Cost(command, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode))
    del found[0]
    return Cost(command, min(each.cpu for each in found), min(each.memory for each in found), found[0].exit)


def _line(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "engine.cli", *words]


BYTECODE = tempfile.TemporaryDirectory()


def _environ() -> dict[str, str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": BYTECODE.name}
    return {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextmanager
def project() -> Iterator[Path]:
    """The example shop, deployed, with its contacts and three events."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "shop"
        shutil.copytree(ROOT / "examples" / "shop", folder)
        event = ["event", "list.joined", "--contact", CONTACT, "--data", '{"list": "vip"}']
        for words in (
            ["apply", "--yes"],
            ["contacts", "import", "contacts.csv"],
            event,
            ["token", "create", "shop", "--scope", "read"],
        ):
            subprocess.run(_line(words), cwd=folder, env=_environ(), check=True, capture_output=True)
        yield folder


def daemon(folder: Path) -> Cost:
    """The daemon's processor time until it answers, and what is resident then."""
    words = _line(["run", "--port", "0"])
    process = subprocess.Popen(
        words, cwd=folder, env=_environ(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        line = next(line for line in process.stderr if " http://" in line)
        url = next(word for word in line.split() if word.startswith("http://"))
        urllib.request.urlopen(f"{url}/healthz", timeout=READY_SECONDS).close()
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = next(int(row.split()[1]) for row in status.splitlines() if row.startswith("VmRSS"))
        ticks = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        cpu = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
        return Cost("run", cpu, resident / 1024, 0)
    finally:
        process.terminate()
        process.communicate()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--times", type=int, default=5)
    options.add_argument("--only", default="", help="commands that begin with one of these words, divided by commas")
    options.add_argument("--format", choices=("text", "json"), default="text")
    asked = options.parse_args()
    starts = tuple(asked.only.split(","))
    costs = []
    with project() as folder:
        for command in COMMANDS:
            if command.startswith(starts):
                costs.append(measured(command, folder, asked.times))
        if "run".startswith(starts):
            daemons = [daemon(folder) for _ in range(asked.times)]
            costs.append(Cost("run", min(each.cpu for each in daemons), min(each.memory for each in daemons), 0))
    if asked.format == "json":
        print(json.dumps({"commands": [cost._asdict() for cost in costs]}, indent=2))
        return
    print(f"{'command':<40}{'CPU s':>8}{'MB':>8}{'exit':>6}")
    for cost in costs:
        print(f"{cost.command:<40}{cost.cpu:>8.3f}{cost.memory:>8.1f}{cost.exit:>6}")


if __name__ == "__main__":
    main()
