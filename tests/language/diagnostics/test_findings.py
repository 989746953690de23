"""How findings are sorted, counted and shown."""

from __future__ import annotations

import json
from textwrap import dedent
from typing import Any

import pytest

from engine.language.diagnostics.findings import Finding, Severity, Span, dotted, in_order, nearest, summary
from engine.language.diagnostics.rendering import SHOWN_WIDTH, Format, render

FILE = "flows/spring-drop.yaml"
STEPS = "sms, delay, if, switch, wait_for, split, update, emit, webhook, exit"


def finding(
    line: int, column: int, end: int | None = None, *, file: str = FILE, severity: Severity = "error", **rest: Any
) -> Finding:
    span = Span(line, column, line, column + 1 if end is None else end)
    told: dict[str, Any] = {"code": "LO202", "message": "no such thing", "help": None} | rest
    return Finding(severity=severity, file=file, span=span, **told)


def caret_rows(source: str, found: Finding) -> list[str]:
    """The source line and the carets as shown, behind the gutter."""
    return [row.split(" | ", 1)[1] for row in render([found], {FILE: source}).split("\n") if " | " in row]


def under_caret(source: str, found: Finding) -> str:
    line, carets = caret_rows(source, found)
    return line[carets.index("^") : carets.rindex("^") + 1]


def test_a_finding_is_shown_with_its_line_a_caret_and_a_way_out() -> None:
    source = "\n" * 33 + "    delya: 2d\n"
    found = finding(34, 5, 10, message='unknown step "delya"', help=f'did you mean "delay"? A step is one of: {STEPS}')
    assert render([found], {FILE: source}) == dedent(
        f"""\
        flows/spring-drop.yaml:34:5: error[LO202]: unknown step "delya"
           |
        34 |     delya: 2d
           |     ^^^^^
           = help: did you mean "delay"? A step is one of: {STEPS}"""
    )


def test_the_gutter_is_as_wide_as_the_line_number() -> None:
    found = finding(120, 1, 4, severity="warning")
    assert render([found], {FILE: "\n" * 119 + "sms: x"}).split("\n") == [
        f"{FILE}:120:1: warning[LO202]: no such thing",
        "    |",
        "120 | sms: x",
        "    | ^^^",
    ]


def test_findings_are_sorted_by_place_and_shown_once() -> None:
    late, early, other = finding(9, 1), finding(2, 7), finding(2, 3, file="a.yaml")
    assert in_order([late, early, other, late]) == (other, early, late)
    shown = render([late, early, other, late], {}, "concise")
    assert shown.split("\n") == [
        "a.yaml:2:3: error[LO202]: no such thing",
        f"{FILE}:2:7: error[LO202]: no such thing",
        f"{FILE}:9:1: error[LO202]: no such thing",
    ]


def test_paragraphs_are_parted_by_a_blank_line() -> None:
    shown = render([finding(1, 1), finding(2, 1)], {FILE: "a: 1\nb: 2\n"})
    assert shown.count("\n\n") == 1
    assert not shown.endswith("\n")


@pytest.mark.parametrize("sources", [{}, {FILE: ""}, {FILE: "a: 1\n"}, {FILE: "a: 1\n   \n"}])
def test_a_place_without_a_line_has_no_snippet(sources: dict[str, str]) -> None:
    shown = render([finding(2, 1, help="write it")], sources)
    assert shown == f"{FILE}:2:1: error[LO202]: no such thing\n  = help: write it"


def test_json_has_every_part_of_a_finding() -> None:
    found = Finding("LO420", "warning", "café 😀", None, FILE, Span(3, 5, 4, 2), "steps[0].sms.text")
    assert json.loads(render([found], {}, "json")) == {
        "format_version": 1,
        "findings": [
            {
                "code": "LO420",
                "severity": "warning",
                "message": "café 😀",
                "help": None,
                "file": FILE,
                "line": 3,
                "column": 5,
                "end_line": 4,
                "end_column": 2,
                "path": "steps[0].sms.text",
            }
        ],
    }


@pytest.mark.parametrize(("format", "shown"), [("full", ""), ("concise", "")])
def test_nothing_found_is_nothing_shown(format: Format, shown: str) -> None:
    assert render([], {}, format) == shown
    assert json.loads(render([], {}, "json"))["findings"] == []


# Carets


def test_the_caret_stands_under_its_character_behind_wide_ones() -> None:
    assert caret_rows("a: 日本 x\n", finding(1, 7)) == ["a: 日本 x", "        ^"]
    assert caret_rows("a: 😀😀\n", finding(1, 5)) == ["a: 😀😀", "     ^^"]


def test_a_combining_character_takes_no_column() -> None:
    assert caret_rows("a: e\u0301 x\n", finding(1, 7)) == ["a: e\u0301 x", "     ^"]


def test_a_tab_is_shown_as_spaces() -> None:
    assert caret_rows("a:\tx\n", finding(1, 4)) == ["a:    x", "      ^"]


def test_a_span_over_several_lines_is_marked_to_the_end_of_its_first() -> None:
    found = finding(1, 4)._replace(span=Span(1, 4, 3, 2))
    assert caret_rows("a: [1,\n  2\n]\n", found) == ["a: [1,", "   ^^^"]


def test_a_place_behind_the_end_of_a_line_has_one_caret() -> None:
    assert caret_rows("a: x\n", finding(1, 5, 9)) == ["a: x", "    ^"]


def test_only_yaml_s_line_breaks_part_lines() -> None:
    assert caret_rows("a: 'x\u2028y\x0c'\r\nb: 1\rc: 2", finding(3, 1)) == ["c: 2", "^"]


@pytest.mark.parametrize("place", [0, 5, 40, 41, 120, 500, 4_990, 4_999])
def test_a_long_line_is_cut_around_the_caret(place: int) -> None:
    source = "x" * place + "H" + "x" * (4_999 - place)
    shown, carets = caret_rows(source, finding(1, place + 1))
    assert under_caret(source, finding(1, place + 1)) == "H"
    assert len(shown) <= SHOWN_WIDTH + 2
    assert shown.startswith("…") == (place > SHOWN_WIDTH // 3)
    assert shown.endswith("…") == (place < 4_990)
    assert carets.count("^") == 1


def test_a_long_span_is_marked_as_far_as_it_is_shown() -> None:
    shown, carets = caret_rows("a: " + "x" * 500, finding(1, 4, 504))
    assert carets == "   " + "^" * (SHOWN_WIDTH - 3)
    assert shown == "a: " + "x" * (SHOWN_WIDTH - 3) + "…"


def test_a_file_of_one_long_line_with_many_findings_is_shown_in_bounded_size() -> None:
    source = "a," * 60_000
    shown = render([finding(1, column) for column in range(1, 4_000, 2)], {FILE: source})
    assert len(shown) < 2_000 * 400


# What must not reach a terminal


def test_control_and_bidi_characters_are_shown_escaped() -> None:
    source = "a: \u202e\x1b[31m x\n"
    assert caret_rows(source, finding(1, 5)) == ["a: \\u202e\\x1b[31m x", "         ^^^^"]


def test_messages_help_and_file_names_are_escaped_too() -> None:
    found = finding(1, 1, file="a\x1b.yaml", message='no such key "\u2066\n"', help="not \ud800")
    shown = render([found], {})
    assert shown == 'a\\x1b.yaml:1:1: error[LO202]: no such key "\\u2066\\x0a"\n  = help: not \\ud800'
    assert render([found], {}, "concise") == shown.split("\n", maxsplit=1)[0]
    assert render([found], {}, "json").isascii()


# Small things


@pytest.mark.parametrize(
    ("word", "meant"),
    [("delya", "delay"), ("Delay", "delay"), ("wait-for", "wait_for"), ("hello", None), ("", None), ("sm", "sms")],
)
def test_the_nearest_name_is_offered(word: str, meant: str | None) -> None:
    assert nearest(word, STEPS.split(", ")) == meant


def test_a_word_longer_than_any_name_is_not_compared() -> None:
    assert nearest("delay" * 20_000, ["delay" * 20_000]) is None


def test_the_nearest_name_keeps_its_own_case() -> None:
    assert nearest("shopurl", ["ShopURL", "cart"]) == "ShopURL"


def test_a_summary_counts_by_severity_and_file() -> None:
    assert summary([]) == "no problems"
    assert summary([finding(1, 1)]) == "1 error in 1 file"
    several = [finding(n, 1) for n in (1, 2, 3)] + [finding(4, 1, file="leadoff.yaml", severity="warning")]
    assert summary(several) == "3 errors, 1 warning in 2 files"
    assert summary([finding(1, 1, severity="note")]) == "1 note in 1 file"


def test_a_path_is_written_as_people_write_it() -> None:
    assert dotted(("steps", 2, "sms", "text")) == "steps[2].sms.text"
    assert dotted(()) == ""
    assert dotted((0, "id")) == "[0].id"
