"""The blocks of this installation: the built-in ones, then those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from blocks.registry import BUILT_IN
from engine.core.block import Block
from engine.errors import UsageError

CUSTOM_BLOCKS = "leadoff.blocks"  # the entry-point group of blocks from other packages


@cache
def registry() -> Mapping[str, type[Block]]:
    """Verb -> block: the built-in ones, then those of installed packages. Raises UsageError when one of these cannot be used."""
    found = {block.verb: block for block in BUILT_IN}
    for entry in sorted(entry_points(group=CUSTOM_BLOCKS), key=lambda entry: (entry.name, entry.value)):
        block = _custom(entry)
        if block.verb in found:
            raise _unusable(entry, f'the step "{block.verb}" exists already')
        found[block.verb] = block
    return MappingProxyType(found)


def _custom(entry: EntryPoint) -> type[Block]:
    try:
        block = entry.load()
    except Exception as error:  # a module may raise anything when it is imported
        raise _unusable(entry, f"{type(error).__name__}: {error}") from error
    if not (isinstance(block, type) and issubclass(block, Block) and isinstance(getattr(block, "verb", None), str)):
        raise _unusable(entry, f"{entry.value} is no subclass of Block with a verb")
    return block


def _unusable(entry: EntryPoint, why: str) -> UsageError:
    package = entry.dist.name if entry.dist else entry.value
    return UsageError(
        f'the package {package} brings the block "{entry.name}", which cannot be used: {why}',
        f"repair the package, or take it away: pip uninstall {package}",
    )
