"""Lots: the same for ever, even, nested by share, and of one purpose independent of another."""

from __future__ import annotations

from engine.core.lots import HOLDOUT, SPREAD, WHOLE, Lots, drawn, is_held_out

CONTACTS = range(1, 20_001)


def held_out(share: int, flow: str = "sale") -> set[int]:
    return {contact for contact in CONTACTS if is_held_out(contact, flow, share)}


def test_what_is_drawn_never_changes() -> None:
    """Contacts would be held out anew, and start at another time, in the middle of a campaign."""
    assert [drawn(7, "sale", purpose) >> 32 for purpose in (SPREAD, HOLDOUT, "hero")] == [
        2921982800,
        2882282918,
        158260434,
    ]


def test_a_share_is_held_out_and_a_larger_one_has_them_all() -> None:
    few, more = held_out(1_000), held_out(2_000)
    assert 1_800 < len(few) < 2_200 and 3_750 < len(more) < 4_250
    assert few < more and not held_out(0)
    assert 120 < len(few & held_out(1_000, "other")) < 280, "another flow holds others out"


def test_who_is_held_out_says_nothing_of_a_branch_or_a_start() -> None:
    few = held_out(1_000)
    for purpose in (SPREAD, "hero"):
        half = sum(drawn(contact, "sale", purpose) < WHOLE // 2 for contact in few)
        assert 0.46 < half / len(few) < 0.54, purpose


def test_a_preview_says_for_everybody() -> None:
    assert is_held_out(1, "sale", 1, Lots(held_out=True)) and not is_held_out(1, "sale", 5_000, Lots(held_out=False))
    assert not is_held_out(1, "sale", 0, Lots(held_out=True)), "a flow without a holdout holds nobody out"
