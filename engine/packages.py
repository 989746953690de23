"""What installed packages bring: each names it in its entry points, one group for blocks, one for rules, one for senders."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from engine.errors import UsageError

RULES = "leadoff.rules"


def loaded(group: str) -> Iterator[tuple[EntryPoint, Any]]:
    for entry in sorted(entry_points(group=group), key=lambda entry: (entry.name, entry.value)):
        yield entry, load(entry)


def load(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except Exception as error:  # a module may raise anything when it is imported
        raise unusable(entry, f"{type(error).__name__}: {error}") from error


def unusable(entry: EntryPoint, why: str) -> UsageError:
    package = entry.dist.name if entry.dist else entry.value
    kind = entry.group.removeprefix("leadoff.").removesuffix("s")
    return UsageError(
        f'the package {package} brings the {kind} "{entry.name}", which cannot be used: {why}',
        f"repair the package, or take it away: pip uninstall {package}",
    )
