"""A peer's measure in a process of its own, with a database of its own where it needs PostgreSQL; one JSON object with its row.

python -m benchmarks.peers.main huey_sqlite N
python -m benchmarks.peers.main dbos_workflow N --postgres
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from benchmarks.postgres_server import new_database, server


def measured(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.peers.{words[0]}", *words[1:]], capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout.splitlines()[-1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module")
    parser.add_argument("n")
    parser.add_argument("--postgres", action="store_true")
    args = parser.parse_args()
    if args.postgres:
        with server() as address, new_database(address) as url:
            said = measured(args.module, args.n, url)
    else:
        said = measured(args.module, args.n)
    print(json.dumps({"rows": [json.loads(said)]}))


if __name__ == "__main__":
    main()
