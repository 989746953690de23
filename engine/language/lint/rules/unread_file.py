"""LO703: a file that looks like a part of the project is one, and can be read."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, Severity, Span

FOLDERS = ("", "flows", "segments")


def unread_file(world: LintContext) -> Iterator[Finding]:
    for path in world.unread:
        folder, _, name = path.rpartition("/")
        stem, _, ending = name.rpartition(".")
        severity: Severity = "warning"
        if folder not in FOLDERS:
            message = f"this file is not read: {folder} is a subfolder"
            help = "flows are directly in flows/"
        elif ending != "yaml":
            message, help = f"this file is not read: its name ends in .{ending}", f"rename it to {stem}.yaml"
        else:
            message = "this file cannot be read"
            help = "it is not a regular file, or a symbolic link in a loop or out of the project: put the file itself there"
            severity = "error"
        yield Finding("LO703", severity, message, help, path, Span(1, 1, 1, 1))
