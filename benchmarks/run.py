"""All benchmarks, in pieces: each keeps its results as JSON, and docs/performance.md is made from what is kept.

    python benchmarks/run.py --all                   every piece, then the page; an hour and a half on two quiet cores
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
    """`command`: words after the interpreter, `small` those for small sizes; `needs`: packages beyond Leadoff's own."""

    command: Sequence[str]
    small: Sequence[str]
    needs: Sequence[str] = ()


def _script(name: str, full: str, small: str, needs: Sequence[str] = ()) -> Piece:
    path = f"benchmarks/{name}.py"
    return Piece((path, *full.split(), "--format", "json"), (path, *small.split(), "--format", "json"), needs)


def _peer(module: str, full: int, small: int, package: str, postgres: bool = False) -> Piece:
    words = ("-m", "benchmarks.peers.main", module, *(("--postgres",) if postgres else ()))
    return Piece((*words, str(full)), (*words, str(small)), (package, *(("psycopg",) if postgres else ())))


PIECES: Mapping[str, Piece] = {
    "promo": _script("promo", "--sizes 1000,10000,100000,1000000", "--sizes 1000"),
    "promo-postgres": _script("promo_postgres", "--sizes 1000,10000,100000,1000000", "--sizes 1000", ["psycopg"]),
    "claims": _script("waiting", "--sizes 10000,100000,1000000", "--sizes 5000"),
    "claims-postgres": _script(
        "claims", "--database postgres --sizes 10000,1000000", "--database postgres --sizes 5000", ["psycopg"]
    ),
    "delay": _script("delay", "--sizes 10000,1000000", "--sizes 2000 --due 50"),
    "delay-postgres": _script(
        "delay", "--database postgres --sizes 10000,1000000", "--database postgres --sizes 2000 --due 50", ["psycopg"]
    ),
    "intake": _script("intake", "--events 60000", "--events 20000"),
    "commands": _script(
        "commands", "--only=--version,--help,check,runs,messages,doctor", "--times 1 --only=--help,check"
    ),
    "daemons": _script("daemons", "--contacts 40000", "--contacts 4000", ["psycopg"]),
    "peer-huey": _peer("huey_sqlite", 20_000, 300, "huey"),
    "peer-apscheduler": _peer("apscheduler_sqlite", 5_000, 300, "apscheduler"),
    "peer-spiff": _peer("spiff_sqlite", 5_000, 300, "SpiffWorkflow"),
    "peer-dbos": _peer("dbos_workflow", 1_000, 100, "dbos"),
    "peer-dbos-postgres": _peer("dbos_workflow", 1_000, 100, "dbos", postgres=True),
    "peer-procrastinate": _peer("procrastinate_postgres", 5_000, 100, "procrastinate", postgres=True),
}


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
    """Whether it ran; its result is kept then."""
    missing = [package for package in piece.needs if _version(package) is None]
    if missing:
        print(f"{name}: left out, {', '.join(missing)} is not installed", flush=True)
        return True
    load, started = os.getloadavg()[0], time.monotonic()
    command = [sys.executable, *(piece.small if small else piece.command)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started
    if done.returncode:
        print(f"{name}: failed after {seconds:.0f} s\n{done.stderr[-2000:]}", flush=True)
        return False
    rows = json.loads(done.stdout)
    kept = {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "seconds": round(seconds),
        "load": load,
        **about(),
        **rows,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    print(f"{name}: {seconds:.0f} s", flush=True)
    return True


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
    ran = [run(name, PIECES[name], folder, args.small) for name in chosen(args.only)] if args.all or args.only else []
    if args.render or args.all:
        from benchmarks import page

        page.render(folder)
    return 0 if all(ran) else 1


if __name__ == "__main__":
    sys.exit(main())
