"""How many parts a text takes: against Twilio's calculator, and by laws that hold for any text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from engine.messaging.parts import _seen, count, split

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "segmentation_vectors.json").read_text(encoding="utf-8")
)["vectors"]
FAMILY = "👨‍👩‍👧‍👦"

plain_ascii = st.text(st.sampled_from("abc XYZ 019.,:/?-_@$"), max_size=700)
PIECES = ["a", " ", "€", "[", "é", "ç", "中", "😀", FAMILY, "\r\n", "e\u0301", "🇨🇦"]
mixed = st.lists(st.sampled_from(PIECES), max_size=250).map("".join)
anything = st.one_of(st.text(max_size=400), mixed)


def test_the_vectors_are_all_there() -> None:
    assert len(VECTORS) == 191


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_counts_as_twilios_calculator_does(vector: dict[str, Any]) -> None:
    found = count(vector["text"])

    assert found.encoding == vector["encoding"]
    assert list(found.per_part) == vector["units_per_part"]
    assert found.parts == len(vector["units_per_part"])
    assert found.units == sum(vector["units_per_part"])
    assert list(found.forcing) == vector["forcing"]


def test_an_extension_character_moves_whole_into_the_next_part() -> None:
    assert count("a" * 152 + "€" + "a" * 152).per_part == (152, 153, 1)


def test_a_family_of_four_stays_together() -> None:
    assert count(FAMILY * 7).per_part == (66, 11)
    assert split(FAMILY * 7) == (FAMILY * 6, FAMILY)


def test_says_what_forces_ucs2_each_once_as_people_see_it() -> None:
    assert count(f"ça va {FAMILY} ça {FAMILY} 1️⃣").forcing == ("ç", FAMILY, "1️⃣")


def test_more_marks_than_a_part_can_take_are_parted_between_them() -> None:
    assert count("e" + "\u0301" * 200).per_part == (67, 67, 67)


def test_half_a_surrogate_pair_counts_as_one_unit() -> None:
    assert count("\ud83d").units == 1


@given(plain_ascii)
def test_the_length_law_of_plain_text(text: str) -> None:
    found = count(text)

    assert (found.encoding, found.units, found.forcing) == ("GSM-7", len(text), ())
    assert found.parts == (1 if len(text) <= 160 else -(-len(text) // 153))


@given(anything)
def test_the_parts_joined_are_the_text(text: str) -> None:
    pieces = split(text)

    assert "".join(pieces) == text
    assert len(pieces) == count(text).parts


@given(anything)
def test_no_part_is_too_full_or_empty(text: str) -> None:
    found = count(text)
    alone, joined = (160, 153) if found.encoding == "GSM-7" else (70, 67)

    assert found.units == sum(found.per_part)
    assert max(found.per_part) <= (alone if found.parts == 1 else joined)
    assert found.parts == 1 or min(found.per_part) > 0
    assert bool(found.forcing) == (found.encoding == "UCS-2")


@given(st.one_of(anything, st.text(st.sampled_from("aé\r\nł\u00ad\u00a9\u0301\u200d\ufe0f😀🏽🇨\u0600\u0915\u094d"))))
def test_what_is_kept_together_is_what_unicode_says(text: str) -> None:
    assert _seen(text) == regex.findall(r"[\r\n]|\X", text)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("a" * 158 + "€", 1), ("a" * 159 + "€", 2), ("ж" * 70, 1), ("ж" * 71, 2), ("ж" * 134, 2), ("ж" * 135, 3),
    ],
)  # fmt: skip
def test_one_character_more_is_another_part(text: str, parts: int) -> None:
    assert count(text).parts == parts
