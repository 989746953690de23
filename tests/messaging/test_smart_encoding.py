"""Smart encoding: against Twilio's calculator, and by laws that hold for any text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.messaging.parts import all_gsm, count
from engine.messaging.smart_encoding import look_alikes, replaced, smart
from tests.messaging.test_parts import VECTORS

LOOKS = "’“”–—…•\u00a0«½、！Ａ\u200b\u200c\ufeff`\t"
written = st.text(st.sampled_from(f"{LOOKS}abc é[€\n中😀e\u0301"), max_size=60)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_counts_as_twilios_calculator_does_with_smart_encoding_on(vector: dict[str, Any]) -> None:
    found, wanted = count(smart(vector["text"])), vector.get("smart", vector)

    assert found.encoding == wanted["encoding"]
    assert list(found.per_part) == wanted["units_per_part"]
    assert list(found.forcing) == wanted["forcing"]


def test_the_vectors_tell_smart_from_plain() -> None:
    assert sum("smart" in vector for vector in VECTORS) == 57


def test_typographic_look_alikes_become_plain_characters() -> None:
    assert smart("“It’s here” – 50\u00a0% off…") == '"It\'s here" - 50  % off...'


def test_accents_emoji_and_joiners_stay() -> None:
    for text in ("façade", "Yağmur", "👨\u200d👩\u200d👧", "🇨🇦 中"):
        assert smart(text) is text


def test_says_what_was_replaced_once_and_in_order() -> None:
    assert replaced("it’s “it’s”\u200b…") == (("’", "'"), ("“", '"'), ("”", '"'), ("\u200b", ""), ("…", "..."))
    assert replaced("it's é[€]") == ()


def test_knows_what_becomes_a_dot() -> None:
    assert "。" in look_alikes(".") and "." not in look_alikes(".")


@given(st.one_of(written, st.text()))
def test_what_is_replaced_is_gsm_and_done_with_once(text: str) -> None:
    made = smart(text)

    assert smart(made) == made
    assert replaced(made) == ()
    assert all(all_gsm(becomes) for _, becomes in replaced(text))
    assert (made == text) == (replaced(text) == ())


@given(st.text(st.sampled_from("abc XYZ 019.,:/?-_@$é[]{}€\n\r")))
def test_a_text_of_gsm_comes_back_itself(text: str) -> None:
    assert smart(text) is text
