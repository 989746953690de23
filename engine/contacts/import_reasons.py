"""Why an import rejects what it rejects: counted, the commonest first."""

from __future__ import annotations

from collections import Counter

from engine.language.diagnostics.findings import counted

MOST_REASONS = 1_000  # counted separately, because some reasons contain a value
TOLD = 3


class ImportReasons:
    """`thing`: what is rejected, in the singular."""

    def __init__(self, thing: str) -> None:
        self._thing = thing
        self._found: Counter[str] = Counter()
        self.count = 0

    def add(self, reason: str) -> None:
        self.count += 1
        if reason in self._found or len(self._found) < MOST_REASONS:
            self._found[reason] += 1

    def told(self) -> tuple[str, ...]:
        """`12 rows: no such phone number`; those of the rest are counted together."""
        commonest = self._found.most_common(TOLD)
        others = self.count - sum(times for _, times in commonest)
        return (
            *(f"{counted(times, self._thing)}: {why}" for why, times in commonest),
            *([f"{counted(others, self._thing)}: other reasons"] if others else []),
        )
