"""The stored pictures of messages (promise MM2): whether they are there and undamaged.

Invariants: a missing picture stops only its own messages; `apply` restores it from the project.
"""

from __future__ import annotations

from pathlib import Path

from engine import stored_media
from engine.deploy.deployed import Deployed
from engine.store.queries import measures
from engine.store.sql import Connection


def names(deployed: Deployed) -> dict[str, str]:
    """What a picture is stored as -> what the project calls it."""
    return {ref: name for program in deployed.all_programs for name, ref in program.settings.media.items()}


def gone_reason(deployed: Deployed, ref: str) -> str:
    """Why a message with it waits."""
    return f"its picture is gone: {names(deployed).get(ref, ref)}"


def missing(db: Connection, deployed: Deployed, folder: Path) -> list[str]:
    """What is deployed and neither whole on disk nor in the database; by the project's names. Reads all of it."""
    return sorted({name for ref, name in names(deployed).items() if not stored_media.is_whole(db, folder, ref)})


def waited_for(db: Connection, folder: Path) -> int:
    """How many messages wait for a picture that is not there."""
    waiting = measures.pictures_waiting(db).items()
    return sum(count for ref, count in waiting if stored_media.file_of(db, folder, ref) is None)
