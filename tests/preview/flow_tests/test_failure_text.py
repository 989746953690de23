"""What people see of a failed test: a caret at what is not met, and one timeline with the mark."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.preview.flow_tests.texts import Change, excerpts, first_change, with_visible_spaces
from tests.preview.flow_tests.bench import HEAD, failure_text, results

HERE = Path(__file__).parent / "failures"
TESTS = sorted(path.stem for path in HERE.glob("*.yaml"))


def shown(name: str) -> str:
    (result,) = results(HEAD + (HERE / f"{name}.yaml").read_text("utf-8"))
    return failure_text(result) + "\n"


@pytest.mark.parametrize("name", TESTS)
def test_a_failure_is_shown_as_it_should_be(name: str) -> None:
    """`python -m tests.preview.flow_tests.test_failure_text` writes them again: read the difference."""
    assert shown(name) == (HERE / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("expected", "actual", "change"),
    [
        ("10% off today", "15% off today", Change(0, 3, "15%")),
        ("Still thinking, Ada?", "Still thinking, Ben?", Change(16, 4, "Ben?")),
        ("Hi Ada", "Hi Ada, it is here", Change(3, 3, "Ada, it is here")),
        ("Hi  Ada", "Hi Ada", Change(2, 2, "·")),
        ("Hi Ada", "Hi\nAda", Change(2, 1, "⏎")),
        ("to {{ link('shop') }} now", "to {{ link('cart') }} now", Change(3, 18, "{{ link('cart') }}")),
        ("same", "same", None),
    ],
)
def test_the_first_words_that_differ(expected: str, actual: str, change: Change | None) -> None:
    assert first_change(expected, actual) == change


def test_spaces_are_shown_where_nothing_else_differs() -> None:
    assert with_visible_spaces("Hi  Ada", "Hi Ada") == ("Hi··Ada", "Hi·Ada")
    assert with_visible_spaces("Hi\nAda", "Hi Ada") == ("Hi⏎Ada", "Hi·Ada")
    assert with_visible_spaces("Hi  Ada", "Hi Ben") == ("Hi  Ada", "Hi Ben")


def test_of_long_texts_only_what_is_around_the_difference_is_shown() -> None:
    words = " ".join(f"word{number}" for number in range(40))
    expected, actual = excerpts(words, words.replace("word20", "other"))
    assert expected.startswith("…") and expected.endswith("…") and "word20" in expected and len(expected) < 110
    assert actual == expected.replace("word20", "other")
    assert excerpts("Hi Ada", "Hi Ben") == ("Hi Ada", "Hi Ben")


def test_of_a_long_story_the_beginning_and_what_is_around_the_marks_is_shown() -> None:
    happens = "".join(f"{{after: {day}d, event: list.joined, data: {{list: all}}}}, " for day in range(1, 200))
    expect = "".join("{not_entered: where}, " for _ in range(199))
    test = f"  - {{name: a year, until: 300d, happens: [{happens}], expect: [{expect}{{exit: end}}]}}\n"
    (result,) = results(HEAD + test)
    shown = failure_text(result).splitlines()
    assert "     … 573 lines" in shown and len(shown) < 50
    assert shown[-2].startswith("   ✗ ")


if __name__ == "__main__":
    for test in TESTS:
        (HERE / f"{test}.txt").write_text(shown(test), "utf-8")
