"""The blocks that come with Leadoff, by verb, in the order in which findings and documents name them."""

from __future__ import annotations

from collections.abc import Mapping

from blocks.delay import Delay
from blocks.exit import Exit
from blocks.if_ import If
from blocks.sms import Sms
from blocks.wait_for import WaitFor
from engine.core.block import Block

BUILT_IN: tuple[type[Block], ...] = (Sms, Delay, If, WaitFor, Exit)
REGISTRY: Mapping[str, type[Block]] = {block.verb: block for block in BUILT_IN}
