"""`leadoff demo`: the main job from end to end on the embedded parts, on a clock that jumps.

Nothing is prepared: the project is applied, contacts are imported, messages go over HTTP to the simulator, callbacks and clicks come
back over HTTP, and in the end the database is compared with the simulator's ledger.
"""
