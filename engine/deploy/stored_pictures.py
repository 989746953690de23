"""The stored pictures of messages, on disk beside the database (promise MM2): whether they are there and undamaged.

Invariants: a missing picture stops only its own messages; `apply` restores it from the project.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from engine.deploy.deployed import Deployed
from engine.store.queries import measures
from engine.store.sql import Connection


def names(deployed: Deployed) -> dict[str, str]:
    """What a picture is stored as -> what the project calls it."""
    return {ref: name for program in deployed.all_programs for name, ref in program.settings.media.items()}


def gone_reason(deployed: Deployed, ref: str) -> str:
    """Why a message with it waits."""
    return f"its picture is gone: {names(deployed).get(ref, ref)}"


def missing(deployed: Deployed, folder: Path) -> list[str]:
    """What is deployed and not there, or damaged; by the project's names. Reads all of it."""
    return sorted({name for ref, name in names(deployed).items() if not whole(folder / ref)})


def whole(file: Path) -> bool:
    """Whether it is there, as it was stored."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() == file.stem
    except OSError:
        return False


def waited_for(db: Connection, folder: Path) -> int:
    """How many messages wait for a picture that is not there."""
    return sum(count for ref, count in measures.pictures_waiting(db).items() if not (folder / ref).is_file())
