"""docs/language.md is what the models say today, and its examples are accepted by the language that it describes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from docs import generate, words
from tests.docs.pages import ROOT, SHOP, findings, flow_with

TEXT_FLOW = "flow: page\nlanguage: 1\ntrigger: {event: order.placed}\nsteps:\n  - id: hero\n    sms: "
PLACED = "order.placed: {order_id: text, total: money"
WITH_LIST = SHOP.replace(PLACED, f"{PLACED}, items: {{type: list, of: {{title: text}}}}")


def test_the_page_is_fresh() -> None:
    assert generate.TARGET.read_text("utf-8") == generate.language(), "make docs"


def test_weekdays_that_are_left_out_are_named() -> None:
    (row,) = [line for line in generate.language().splitlines() if line.startswith("| `days` | list of: `mon`")]
    assert "| `[mon, tue, wed, thu, fri, sat, sun]` |" in row


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
    assert findings({"leadoff.yaml": WITH_LIST, "flows/page.yaml": f'{TEXT_FLOW}"{example}"\n'}) == []


class Wordless(BaseModel):
    spoken: str
    """It says what it is."""
    a_new_key: str


def test_a_key_without_words_fails_the_generation() -> None:
    with pytest.raises(LookupError, match=r"without words \['a_new_key'\]"):
        generate.told(Wordless)


@pytest.mark.parametrize(("key", "text"), [("gone", "Once there was a key."), ("spoken", "It says what it is.")])
def test_words_for_nothing_and_words_said_twice_fail_the_generation(
    key: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(words.FIELDS, "Wordless", {"a_new_key": "New.", key: text})
    with pytest.raises(LookupError, match=key):
        generate.told(Wordless)


def test_the_codes_are_those_of_the_source() -> None:
    assert {"LO101", "LO302", "LO604", "LO711"} <= generate.codes()


def test_the_severities_are_those_of_the_samples() -> None:
    shown: dict[str, set[str]] = {}
    for file in (ROOT / "tests/problems").glob("*/expected.txt"):
        for severity, code in re.findall(r"^\S.*?: (\w+)\[(LO\d+)\]: ", file.read_text("utf-8"), re.MULTILINE):
            shown.setdefault(code, set()).add(severity)
    assert len(shown) > 100
    told = {code: words.SEVERITIES.get(code, "error") for code in shown}
    assert {code: set(re.findall("error|warning|note", told[code])) for code in shown} == shown
