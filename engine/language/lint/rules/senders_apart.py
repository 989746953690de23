"""LO710: two senders whose names mean the same environment variable. LO709: a simulator beside a real provider."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from engine.language.rule_api import Finding, LintContext, finding
from engine.messaging.credentials import shared
from engine.messaging.providers import SIMULATOR


def senders_apart(world: LintContext) -> Iterator[Finding]:
    if "senders" in world.unknown:
        return
    senders = world.project.senders
    for one, other in combinations(senders, 2):
        variable = shared(one, other)
        if variable is not None:
            message = f'"{one}" and "{other}" would both read {variable}'
            help = "both would use the same credentials: rename one of them"
            yield finding(world.document, "LO710", message, ("senders", other), help, at="key")
    real = [name for name, sender in senders.items() if not sender.stays_here]
    for name, sender in senders.items():
        if real and sender.provider == SIMULATOR:
            message = f'"{name}" is a simulator in a project where {real[0]} texts real people'
            help = "anyone with its token can report texts from any number, even a START; remove it from a project that texts real people"
            yield finding(world.document, "LO709", message, ("senders", name), help, at="key", severity="warning")
