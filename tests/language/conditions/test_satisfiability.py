"""What the words of a condition alone say, held against the condition itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.language.conditions.condition import Condition
from engine.language.conditions.operators import value_test
from engine.language.conditions.satisfiability import always, holds_with, never, plain
from engine.language.conditions.tree import Field


def tree(source: Any) -> Any:
    return plain(Condition(source).tree)


def orders(**operators: Any) -> dict[str, Any]:
    return {"contact": {"orders": operators}}


CLICKED = {"clicked": "shop"}
PLACED = {"happened": "order.placed"}


@pytest.mark.parametrize(
    "source",
    [
        orders(above=5, below=5),
        orders(at_least=6, at_most=5),
        orders(above="2027-01-01", below=5),
        orders(exists=False, above=5),
        orders(**{"is": 3, "not": 3}),
        orders(**{"in": [1, 2], "above": 2}),
        [orders(above=5), orders(below=3)],
        {**CLICKED, "not": CLICKED},
        {"any": [orders(above=5, below=3), orders(**{"is": 3, "not": 3})]},
        {"not": {"any": [CLICKED, {"not": CLICKED}]}},
        [{"clicked": {"link": "shop", "since": "hero"}}, {"not": {"clicked": "shop"}}],
    ],
)
def test_what_can_never_hold(source: Any) -> None:
    assert never(tree(source))
    assert always(tree({"not": source}))


@pytest.mark.parametrize(
    "source",
    [
        orders(above=5, below=7),
        orders(at_least=5, at_most=5),
        orders(exists=True, above=5),
        {"any": [CLICKED, {"not": PLACED}]},
        [{"clicked": "shop"}, {"not": {"clicked": {"link": "shop", "since": "hero"}}}],
        [PLACED, {"not": {"happened": {"event": "order.placed", "at_least": 2}}}],
        [orders(**{"is": True}), {"not": orders(**{"is": 1})}],  # true is not 1
        [CLICKED, {"not": {"replied": {"matches": "shop"}}}],
    ],
)
def test_what_may_hold_and_may_not(source: Any) -> None:
    assert never(tree(source)) is None
    assert always(tree(source)) is None


@pytest.mark.parametrize(
    ("one", "other", "holds"),
    [
        (PLACED, PLACED, True),
        ({"happened": {"event": "order.placed", "since": "hero"}}, PLACED, True),
        (PLACED, {"happened": {"event": "order.placed", "since": "hero"}}, False),
        (PLACED, {"happened": {"event": "order.placed", "since": "ever"}}, True),
        ({"happened": {"event": "order.placed", "since": "ever"}}, PLACED, False),
        ({"happened": {"event": "order.placed", "within": "7d"}}, PLACED, False),  # looks back over the entry
        ({"happened": {"event": "order.placed", "at_least": 3}}, PLACED, True),
        ({"happened": {"event": "order.placed", "where": {"event": {"total": 5}}}}, PLACED, True),
        ({"happened": "order.paid"}, PLACED, False),
        (CLICKED, {"clicked": {"since": "entry"}}, True),
        ({"clicked": {"since": "entry"}}, CLICKED, False),
        (orders(**{"is": 5}), orders(at_least=3), True),
        (orders(**{"is": 5}), {"event": {"orders": 5}}, False),
        (orders(above=5), orders(exists=True), True),
        ([CLICKED, PLACED], {"any": [PLACED, orders(above=3)]}, True),
        ({"any": [CLICKED, PLACED]}, PLACED, False),
        ({"not": {"any": [CLICKED, PLACED]}}, {"not": PLACED}, True),
    ],
)
def test_what_holds_whenever_another_does(one: Any, other: Any, holds: bool) -> None:
    assert holds_with(tree(one), tree(other)) is holds


VALUES = st.sampled_from([1, 2, 3, 4, "1", "a", True, None])
CHECKS = st.dictionaries(
    st.sampled_from(["is", "not", "above", "at_least", "below", "at_most", "exists"]),
    st.sampled_from([1, 2, 3, 4]),
    min_size=1,
    max_size=4,
).map(lambda found: {name: value > 2 if name == "exists" else value for name, value in found.items()})


@given(CHECKS, VALUES)
def test_no_value_passes_what_is_said_to_be_passed_by_none(checks: dict[str, Any], value: Any) -> None:
    condition = Condition(orders(**checks))
    assert isinstance(condition.tree, Field)
    if never(plain(condition.tree)):
        assert not value_test(condition.tree.checks)(value)
