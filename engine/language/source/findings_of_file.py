"""The findings of one file while it is read."""

from __future__ import annotations

from engine.language.diagnostics.findings import Finding, Loc, Severity, dotted
from engine.language.source.source_map import LineIndex, Range


class StopReading(Exception):
    """The reading of this file ends; its finding is noted."""


class FindingsOfFile:
    """The findings of one file."""

    def __init__(self, file: str, lines: LineIndex) -> None:
        self.file = file
        self.lines = lines
        self.findings: list[Finding] = []

    def add(
        self, code: str, place: Range, message: str, help: str, loc: Loc | None = (), severity: Severity = "error"
    ) -> None:
        span = self.lines.span(*place)
        self.findings.append(Finding(code, severity, message, help, self.file, span, dotted(loc or ())))

    def stop(self, code: str, start: int, message: str, help: str) -> None:
        self.add(code, (start, start + 1), message, help)
        raise StopReading
