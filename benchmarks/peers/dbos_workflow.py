"""DBOS: a workflow a contact with a step a message and a durable sleep between them; on SQLite, or on PostgreSQL where a URL is given."""

from __future__ import annotations

import time
from pathlib import Path

from dbos import DBOS

from benchmarks.peers import peer
from benchmarks.peers.peer import Measured

MOMENT = 0.001  # a sleep of 0 is not recorded


@DBOS.step()
def send_hero(contact: int) -> None:
    peer.hero(contact)


@DBOS.step()
def send_follow_up(contact: int) -> None:
    peer.follow_up(contact)


@DBOS.workflow()
def promo(contact: int) -> str:
    send_hero(contact)
    DBOS.sleep(MOMENT)
    if peer.has_bought(contact):
        peer.TEXTS.end()
        return "bought"
    send_follow_up(contact)
    return "end"


def run(n: int, folder: Path, url: str) -> Measured:
    database = url or f"sqlite:///{folder / 'dbos.db'}"
    DBOS(config={"name": "promo", "system_database_url": database, "log_level": "ERROR"})
    DBOS.launch()
    started = time.perf_counter()
    handles = [DBOS.start_workflow(promo, contact) for contact in range(n)]
    for handle in handles:
        handle.get_result()
    seconds = time.perf_counter() - started
    DBOS.destroy()
    files = [path.stat().st_size for path in folder.iterdir()]
    return Measured(seconds, sum(files) / n if files else None)


if __name__ == "__main__":
    import sys

    peer.tell(f"DBOS ({'PostgreSQL' if len(sys.argv) > 2 else 'SQLite'})", "dbos", run)
