"""The worlds that everything of this room is played in: the engine over a database in memory, on a clock that jumps."""
