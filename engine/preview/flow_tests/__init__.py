"""Flow tests, played: what happens, what came of it, and what was expected instead."""
