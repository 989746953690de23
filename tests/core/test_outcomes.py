"""What a block says that a test can reach: its branches, and going on behind them where it may pass by them all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from blocks.registry import BUILT_IN
from engine.core.block import Block, Step
from engine.core.context import Settings
from engine.core.facts import NOTHING
from engine.core.program import Entry, Program

SETTINGS = Settings("shop", "Acme", "UTC", "", b"", {}, {}, (), frozenset(), {})
FLOW = Program(
    "f", "", "marketing", (), Entry(None, "ignore", None, False), (), NOTHING, NOTHING, (), {}, NOTHING, SETTINGS
)


class Maybe(Block):
    """A block of somebody else's that says nothing of its outcomes."""

    verb = "maybe"
    always: bool = False

    def branches(self) -> Mapping[str, tuple[Step, ...]]:
        return {"left": (), "right": ()}

    def takes_one_branch(self) -> bool:
        return self.always


def test_the_branches_count_and_passing_by_them_where_that_can_be() -> None:
    assert Maybe(always=True).outcomes(FLOW) == {"left": "never took left", "right": "never took right"}
    assert Maybe().outcomes(FLOW)["next"] == "never passed by its branches"


def test_a_block_without_branches_has_nothing_to_reach() -> None:
    class Plain(Block):
        verb = "plain"

    assert Plain().outcomes(FLOW) == {}


@pytest.mark.parametrize("block", [block for block in BUILT_IN if block.branches is not Block.branches])
def test_a_block_of_ours_says_in_words_what_did_not_happen(block: type[Block]) -> None:
    assert block.outcomes is not Block.outcomes
