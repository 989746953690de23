"""Conditions in short words, as drawings and listings show them."""

from __future__ import annotations

from typing import Any

import pytest

from engine.language.values.humanize import LONGEST, condition_words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"clicked": {"link": "shop", "since": "hero"}}, "clicked shop since hero"),
        ({"replied": True}, "replied"),
        ({"replied": {"matches": "yes*"}}, "replied matches yes*"),
        (
            {"time": {"between": ["09:00", "17:00"], "days": ["mon", "tue"]}},
            "time between 09:00 and 17:00 days mon or tue",
        ),
        ([{"segment": "vip"}, {"not": {"segment": "new"}}], "segment vip and not segment new"),
        ({"any": [{"clicked": "shop"}, {"happened": "order.placed"}]}, "any clicked shop or happened order.placed"),
        ({"contact": {"country": ["US", "CA"]}}, "contact country US or CA"),
        ({"contact": {"email": {"exists": True}}}, "contact email exists"),
        ({"contact": {"member": False}}, "contact member false"),
    ],
)
def test_a_condition_without_its_brackets(source: Any, words: str) -> None:
    assert condition_words(source) == words


def test_a_long_one_is_cut() -> None:
    words = condition_words({"contact": {"country": ["US"] * 100}})
    assert len(words) == LONGEST and words.endswith("…")
