"""The providers by name: each is a file of engine/senders/providers, or comes from a package (entry points `leadoff.senders`).

Invariants: names are found without importing a sender; a package cannot replace one of Leadoff's own providers.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

SIMULATOR = "simulator"
GROUP = "leadoff.senders"
_FOLDER = Path(__file__).parents[1] / "senders/providers"


@cache
def built_in() -> tuple[str, ...]:
    """Leadoff's own, the simulator first."""
    names = (module.name for module in pkgutil.iter_modules([str(_FOLDER)]))
    return tuple(sorted(names, key=lambda name: (name != SIMULATOR, name)))


def from_packages() -> Mapping[str, EntryPoint]:
    """By name, those of installed packages."""
    return {entry.name: entry for entry in entry_points(group=GROUP) if entry.name not in built_in()}


def names() -> tuple[str, ...]:
    return (*built_in(), *sorted(from_packages()))


def exists(name: object) -> bool:
    return name in built_in() or name in names()
