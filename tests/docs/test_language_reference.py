"""docs/language.md is what the models say today, and its examples are accepted by the language that it describes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from docs import generate, words
from tests.docs.pages import SHOP, findings, flow_with

TEXT_FLOW = "flow: page\nlanguage: 1\ntrigger: {event: order.placed}\nsteps:\n  - id: hero\n    sms: "


def test_the_page_is_fresh() -> None:
    assert generate.TARGET.read_text("utf-8") == generate.language(), "make docs"


def examples() -> Iterator[tuple[str, str]]:
    for key, (_, example) in words.CONDITIONS.items():
        yield key, example
    for key, (_, example) in words.OPERATORS.items():
        yield key, f"contact: {{{example}}}"


@pytest.mark.parametrize(("key", "example"), list(examples()))
def test_every_condition_and_operator_is_shown_by_one_that_is_right(key: str, example: str) -> None:
    assert key in example
    assert findings(flow_with("condition", example)) == []


@pytest.mark.parametrize("name", list(words.FILTERS))
def test_every_filter_is_shown_by_a_text_that_is_right(name: str) -> None:
    example = words.FILTERS[name][1]
    assert name in example
    assert findings({"leadoff.yaml": SHOP, "flows/page.yaml": f'{TEXT_FLOW}"{example}"\n'}) == []


def test_a_key_without_words_fails_the_generation() -> None:
    with pytest.raises(LookupError, match="a_new_key"):
        generate._same(words.FIELDS["Entry"], [*words.FIELDS["Entry"], "a_new_key"], "key of Entry")


def test_words_that_belong_to_nothing_fail_the_generation() -> None:
    with pytest.raises(LookupError, match="require"):
        generate._same(words.FIELDS["Entry"], ["while_active", "again_after"], "key of Entry")


def test_the_codes_are_those_of_the_source() -> None:
    assert {"LO101", "LO290", "LO302", "LO604"} <= generate.codes()
