"""The blocks that come with Leadoff, by verb, in the order in which findings and documents name them."""

from __future__ import annotations

from collections.abc import Mapping

from blocks.delay import Delay
from blocks.emit import Emit
from blocks.exit import Exit
from blocks.if_ import If
from blocks.sms import Sms
from blocks.split import Split
from blocks.switch import Switch
from blocks.update import Update
from blocks.wait_for import WaitFor
from blocks.webhook import Webhook
from engine.core.block import Block

BUILT_IN: tuple[type[Block], ...] = (Sms, Delay, If, Switch, WaitFor, Split, Update, Emit, Webhook, Exit)
REGISTRY: Mapping[str, type[Block]] = {block.verb: block for block in BUILT_IN}
