"""The blocks that come with Leadoff: every file of this folder with a Block in it."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator, Mapping
from importlib import import_module

import blocks
from engine.block_api import Block

_FIRST = ("sms", "delay", "if", "switch", "wait_for", "split", "update", "emit", "webhook", "exit")
"""The order in which findings and documents name them; any other follows by its verb."""


def _found() -> Iterator[type[Block]]:
    for file in pkgutil.iter_modules(blocks.__path__, "blocks."):
        names = vars(import_module(file.name)) if file.name != __name__ else {}
        for value in names.values():
            if type(value) is type(Block) and issubclass(value, Block) and value.__module__ == file.name:
                yield value


def _place(block: type[Block]) -> tuple[int, str]:
    return (_FIRST.index(block.verb) if block.verb in _FIRST else len(_FIRST)), block.verb


BUILT_IN: tuple[type[Block], ...] = tuple(sorted(_found(), key=_place))
REGISTRY: Mapping[str, type[Block]] = {block.verb: block for block in BUILT_IN}
