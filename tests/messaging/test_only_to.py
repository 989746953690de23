"""LEADOFF_ONLY_TO: how the list is read, and what is refused rather than guessed."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.messaging.only_to import only_to
from tests.world import ADA, BEN

BOTH = frozenset({ADA, BEN})


@pytest.mark.parametrize(
    "text",
    [
        f"{ADA},{BEN}",
        f" {ADA} , {BEN} ,",
        f"{ADA} {BEN}",
        f"{ADA};{BEN}",
        "+1 (202) 555-0143, +1 312 555 0123",
        f"{ADA}\n{BEN}",
    ],
)
def test_a_list_as_people_write_it(text: str) -> None:
    assert only_to({"LEADOFF_ONLY_TO": text}) == BOTH


def test_without_the_variable_everybody_is_texted() -> None:
    assert only_to({}) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "names no number"),
        (" , ", "names no number"),
        (f"{ADA}, 312", "number 2: a short code"),
        ("202-555-0143", "number 1: a phone number begins with +"),
        (f"{ADA}, nobody", "number 2: write a phone number"),
        ("+1", "number 1: write a phone number"),
        ("all", "number 1: write"),
    ],
)
def test_what_is_no_list_of_numbers_is_refused(text: str, why: str) -> None:
    """Also an empty one: a secret that was not filled in must not text everybody."""
    with pytest.raises(UsageError, match="LEADOFF_ONLY_TO") as refused:
        only_to({"LEADOFF_ONLY_TO": text})
    assert why in refused.value.message
    assert refused.value.help is not None and "+12025550143" in refused.value.help
