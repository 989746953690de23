"""What a preview watches of the engine: each sprint and each entry, as they are decided. The daemon has none."""

from __future__ import annotations

from typing import Protocol

from engine.core.interpreter import Sprint
from engine.core.program import Program, Trigger


class Trace(Protocol):
    """Called inside the transaction of the batch, once for each."""

    def sprint(self, program: Program, sprint: Sprint, now: int) -> None: ...

    def entry(self, program: Program, contact: int, trigger: Trigger, refused: str | None, now: int) -> None:
        """`trigger`: the first that fits, else the first that was asked. `refused`: why the contact does not enter."""
