"""`leadoff demo`: the main job from end to end on the embedded parts, on a clock that jumps.

Nothing is canned: the project is applied, contacts are imported, messages go over HTTP to the simulator, callbacks and clicks come
back over HTTP, and in the end the database is compared with what the simulator's ledger says it was given.
"""

from engine.demo.main import run

__all__ = ["run"]
