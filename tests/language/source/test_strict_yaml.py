"""Reading YAML strictly: what a value becomes, where it stands, and what is refused."""

from __future__ import annotations

import random
import time
from textwrap import dedent
from typing import Any

import pytest

from engine.language.diagnostics.findings import LINE_BREAK, Loc, Span
from engine.language.diagnostics.rendering import render
from engine.language.source.strict_yaml import MAX_BYTES, Document, read

FLOW = """\
# yaml-language-server: $schema=../schemas/flow.schema.json
flow: spring-drop
language: 1
category: marketing             # marketing | transactional
trigger:
  event: list.joined
  where: {event: {list: vip}}
steps:
  - id: hero
    sms:
      text: |
        Hi {{ contact.first_name | default("there") }},

          the spring drop is live: {{ link("shop") }}
      image: media/spring.jpg   # an image makes the SMS block an MMS
  - {delay: 2d}
"""


def reading(source: str) -> Document:
    return read("flow.yaml", source.encode())


def found(source: str) -> list[tuple[str, int, int]]:
    """Code, line and column of every finding."""
    return [(each.code, each.span.line, each.span.column) for each in reading(source).findings]


def marked(document: Document, span: Span) -> str:
    """The characters of a span that stays in one line."""
    assert span.line == span.end_line
    return LINE_BREAK.split(document.source)[span.line - 1][span.column - 1 : span.end_column - 1]


# Values


def test_a_flow_becomes_plain_values() -> None:
    document = reading(FLOW)
    assert document.findings == ()
    assert document.data == {
        "flow": "spring-drop",
        "language": 1,
        "category": "marketing",
        "trigger": {"event": "list.joined", "where": {"event": {"list": "vip"}}},
        "steps": [
            {
                "id": "hero",
                "sms": {
                    "text": 'Hi {{ contact.first_name | default("there") }},\n\n  the spring drop is live: {{ link("shop") }}\n',
                    "image": "media/spring.jpg",
                },
            },
            {"delay": "2d"},
        ],
    }


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("0", 0),
        ("-7", -7),
        ("42", 42),
        ("1.50", 1.5),
        ("-0.25", -0.25),
    ],
)
def test_only_these_words_and_plain_decimals_are_typed(written: str, value: Any) -> None:
    data = reading(f"a: {written}\n").data
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


@pytest.mark.parametrize(
    "written",
    [
        *(
            "True",
            "FALSE",
            "Null",
            "~",
            "yes",
            "no",
            "on",
            "off",
            "0123",
            "0o17",
            "0x1F",
            "1_000",
            "12:30",
            "+15550100",
        ),
        *("1e3", ".5", "5.", "1,5", "-01", ".inf", ".nan", "2026-11-27", "=", "90d", "١٢"),
    ],
)
def test_everything_else_stays_text(written: str) -> None:
    assert reading(f"a: {written}\n").data == {"a": written}


@pytest.mark.parametrize("written", ["'5'", '"5"', "|-\n  5", ">-\n  5"])
def test_a_quoted_or_block_number_is_text(written: str) -> None:
    assert reading(f"a: {written}\n").data == {"a": "5"}


def test_a_huge_number_stays_text() -> None:
    digits = "9" * 100_000
    assert reading(f"a: {digits}\nb: -1.{digits[:60]}\n").data == {"a": digits, "b": f"-1.{digits[:60]}"}


def test_nothing_behind_a_key_is_empty_and_null_is_not() -> None:
    document = reading("a:\nb: null\nc: {d, e: }\nf:\n  -\n  - x\ng: ''\n")
    assert document.data == {"a": None, "b": None, "c": {"d": None, "e": None}, "f": [None, "x"], "g": ""}
    assert document.empty == {("a",), ("c", "d"), ("c", "e"), ("f", 0)}


def test_a_byte_order_mark_is_accepted_and_takes_no_column() -> None:
    document = read("flow.yaml", b"\xef\xbb\xbfflow: x\nflow: y\n")
    assert document.data == {"flow": "x"}
    assert document.source.startswith("flow")
    assert document.marks.key(("flow",)) == Span(1, 1, 1, 5)


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_any_line_break_counts(line_break: str) -> None:
    document = reading(FLOW.replace("\n", line_break))
    assert document.data == reading(FLOW).data
    assert document.marks.key(("steps", 0, "sms", "image")).line == 15


def test_the_same_content_is_read_once() -> None:
    assert reading(FLOW) is reading(FLOW)


# Places


def test_a_key_and_its_value_stand_where_they_are_written() -> None:
    document = reading(FLOW)
    marks = document.marks
    assert marks.key(("category",)) == Span(4, 1, 4, 9)
    assert marks.value(("category",)) == Span(4, 11, 4, 20)
    assert marks.value(("trigger", "where")) == Span(7, 10, 7, 30)
    assert marks.key(("trigger", "where", "event", "list")) == Span(7, 19, 7, 23)
    assert marks.value(("trigger",)) == Span(6, 3, 7, 30)


def test_a_collection_ends_with_its_last_value_not_at_the_next_key() -> None:
    document = reading("a:\n  b: 1\n  # a comment\n\nc: |\n  x\n\n# more\nd: 2\n")
    assert document.marks.value(("a",)) == Span(2, 3, 2, 7)
    assert document.marks.value(("c",)) == Span(5, 4, 6, 4)
    assert document.marks.value(()).end_line == 9


def test_a_step_stands_at_its_first_key() -> None:
    document = reading("steps:\n  - id: hero\n    sms: hi\n  - {exit: done}\n  - oops\n  - - nested\n  -\n")
    marks = document.marks
    assert [marked(document, marks.key(("steps", item))) for item in range(5)] == ["id", "exit", "oops", "nested", "-"]


def test_what_is_missing_stands_at_the_nearest_key_above() -> None:
    document = reading(FLOW)
    marks = document.marks
    assert marks.key(("steps", 0, "sms", "alt")) == marks.key(("steps", 0, "sms"))
    assert marks.value(("steps", 0, "sms", "alt", "deeper")) == marks.key(("steps", 0, "sms"))
    assert marks.key(("nowhere",)) == marks.key(()) == Span(2, 1, 2, 5)
    assert reading("a:\n").marks.value(("a",)) == Span(1, 1, 1, 2)
    assert reading("").marks.key(("flow",)) == Span(1, 1, 1, 1)


def test_columns_count_code_points_beyond_the_basic_plane() -> None:
    document = reading('"😀𝒳": {a: "👩‍👧 {{ nobody }}", 𐍈: "🇨🇦", b: "x"}\n')
    marks = document.marks
    assert marks.key(("😀𝒳",)) == Span(1, 1, 1, 5)
    assert marks.value(("😀𝒳", "a")) == Span(1, 11, 1, 29)
    assert marks.inside(("😀𝒳", "a"), document.data["😀𝒳"]["a"].index("nobody"), 6) == Span(1, 19, 1, 25)
    assert marks.key(("😀𝒳", "𐍈")) == Span(1, 31, 1, 32)
    assert marks.key(("😀𝒳", "b")) == Span(1, 40, 1, 41)


@pytest.mark.parametrize(
    ("source", "loc"),
    [
        ("a: plain 😀 HERE it is\n", ("a",)),
        ("a: 'single 😀 HERE'\n", ("a",)),
        ('- ["x", "double 😀 HERE"]\n', (0, 1)),
        ("a: |\n  literal\n\n    😀 HERE\n", ("a",)),
        ("a: |2-\n      deep\n   HERE\nb: 1\n", ("a",)),
        ("a: |+ # a comment\n\n\n   after blank lines\n   HERE\n\n", ("a",)),
        ("a: |\r\n  windows\r\n  HERE\r\n", ("a",)),
        ("a: {{ HERE }}\n", ("a",)),
    ],
)
def test_a_place_inside_a_text_is_exact(source: str, loc: Loc) -> None:
    document = reading(source)
    text = document.marks.texts[loc]
    assert marked(document, document.marks.inside(loc, text.index("HERE"), 4)) == "HERE"


@pytest.mark.parametrize(
    "source",
    [
        "key: folded\n  HERE\n",
        "key: >\n  folded\n  HERE\n",
        'key: "an \\u00e9scape HERE"\n',
        "key: 'it''s HERE'\n",
        'key: "two\n  HERE"\n',
    ],
)
def test_a_place_inside_a_folded_or_escaped_text_is_its_key(source: str) -> None:
    document = reading(source)
    offset = document.data["key"].index("HERE")
    assert document.marks.inside(("key",), offset) == document.marks.key(("key",)) == Span(1, 1, 1, 4)


def test_a_place_outside_of_any_text_is_the_key() -> None:
    marks = reading("a: five\nb: 5\nc: |\n\n").marks
    assert marks.inside(("a",), 4) == Span(1, 8, 1, 9)  # just behind the text: an unclosed brace ends here
    assert marks.inside(("a",), 5) == marks.key(("a",))
    assert marks.inside(("b",), 0) == marks.key(("b",))
    assert marks.inside(("c",), 0) == marks.key(("c",))
    assert marks.inside(("a", "b"), 0) == marks.key(("a",))


# What is refused, and read over


def test_everything_that_can_be_read_over_is_reported_at_once() -> None:
    source = """\
        %YAML 1.2
        ---
        a: &one {b: 1}
        c: *one
        a: 2
        d: !color red
        5: five
        e: {f: 1, f: 2}
        ---
        second: true
        """
    assert found(dedent(source)) == [
        ("LO109", 1, 1),
        ("LO107", 3, 4),
        ("LO107", 4, 4),
        ("LO106", 5, 1),
        ("LO108", 6, 4),
        ("LO110", 7, 1),
        ("LO106", 8, 11),
        ("LO109", 9, 1),
    ]
    assert reading(dedent(source)).data == {"a": {"b": 1}, "d": "red", "e": {"f": 1}}


def test_the_first_of_two_keys_counts_and_the_second_names_its_line() -> None:
    document = reading("a:\n  b: 1\nc: 2\n'a': {b: 3}\n")
    assert document.data == {"a": {"b": 1}, "c": 2}
    assert document.findings[0].message == 'the key "a" is used twice here'
    assert document.findings[0].help == "the first is in line 1: keep one of them"
    assert document.marks.key(("a", "b")) == Span(2, 3, 2, 4)


def test_an_alias_of_a_text_is_read_as_the_text_and_any_other_is_left_out() -> None:
    document = reading("a: &x hi\nb: *x\nc: &y [1]\nd: *y\ne: [*y, 2]\nf: *nobody\n")
    assert document.data == {"a": "hi", "b": "hi", "c": [1], "e": [2]}
    assert {each.code for each in document.findings} == {"LO107"}


@pytest.mark.parametrize("key", ["5", "-1.5", "true", "null", "", "? [a]\n", "? {a: 1}\n"])
def test_a_key_must_be_a_text(key: str) -> None:
    document = reading(f"{key}: x\nb: 1\n")
    assert [each.code for each in document.findings] == ["LO110"]


@pytest.mark.parametrize("key", ['"5"', "no", "True", "12:30", "+1", "<<"])
def test_whatever_is_a_text_may_be_a_key(key: str) -> None:
    assert list(reading(f"{key}: x\n").data) == [key.strip('"')]


def test_braces_without_quotes_are_read_as_the_text_that_was_meant() -> None:
    document = reading("sms: {{ contact.first_name }}\nnext: 1\n")
    assert document.data == {"sms": "{{ contact.first_name }}", "next": 1}
    assert [(each.code, each.help) for each in document.findings] == [
        ("LO110", 'text that begins with "{{" needs quotes around all of it')
    ]


@pytest.mark.parametrize("source", ["", "\n\n", "# only a comment\n", "---\n", "---\n...\n"])
def test_an_empty_document_is_an_error(source: str) -> None:
    assert [each.code for each in reading(source).findings] == ["LO113"]
    assert reading(source).data is None


# Characters


def test_odd_line_breaks_and_bidi_controls_stand_only_in_quoted_and_block_texts() -> None:
    source = "a: x\u2028y\nb: 'x\u2028y\u202e'\nc: |\n  \x85z\u2029\nd: 1  # \u202e evil\n\u2067e: 1\n"
    assert found(source) == [("LO111", 1, 5), ("LO111", 5, 9), ("LO111", 6, 1)]
    data = reading(source).data
    assert (data["a"], data["b"], data["c"]) == ("x\u2028y", "x\u2028y\u202e", "\x85z\u2029\n")


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ufffe"])
@pytest.mark.parametrize("source", ["a: x{}y\n", 'a: "x{}y"\n', "a: |\n  x{}y\n", "a: 1  # x{}y\n"])
def test_control_characters_stand_nowhere(source: str, character: str) -> None:
    source = source.format(character)
    at = source.index(character)
    line = source.count("\n", 0, at) + 1
    assert found(source) == [("LO111", line, at - source.rfind("\n", 0, at))]


@pytest.mark.parametrize("escape", ["\\0", "\\e", "\\x1b", "\\ud83d", "\\uFFFF"])
def test_an_escape_makes_no_control_character(escape: str) -> None:
    assert found(f'b: 1\na: "x{escape}"\n') == [("LO111", 2, 4)]


def test_an_escape_makes_a_line_break_a_tab_or_any_other_character() -> None:
    document = reading('a: "x\\n\\t\\u00e9\\U0001F600\\N"\n')
    assert document.findings == ()
    assert document.data == {"a": "x\n\té😀\x85"}


# Comments


@pytest.mark.parametrize(
    "line",
    ["Sale #1 today", "Sale  #1 today", "Win 50% # today only", "Reply YES #spring #summer", "😀 #1"],
)
def test_a_text_cut_off_by_a_comment_is_a_warning(line: str) -> None:
    document = reading(f"sms: {line}\n")
    (warning,) = document.findings
    assert (warning.code, warning.severity) == ("LO112", "warning")
    assert warning.span.column == 6 + line.index("#")
    assert document.data == {"sms": line[: line.index("#")].rstrip()}


@pytest.mark.parametrize(
    "line",
    [
        "2d # two days",
        "marketing             # marketing | transactional",
        "several words  # a comment",
        "several words # leadoff: ignore[LO512] known",
        "5 #five",
        "'quoted' #tight",
        "Sale#1 today",
        "'Sale #1 today'",
        "",
    ],
)
def test_a_comment_that_looks_like_one_is_none(line: str) -> None:
    assert found(f"sms: {line}\n") == []


# What ends the reading


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("a:\n\tb: 1\n", 2, 1, "a tab is not allowed here"),
        ("a: Ada\t#1\n", 1, 7, "a tab is not allowed here"),
        ("a: @home\n", 1, 4, 'text cannot begin with "@"'),
        ("a: 1\nfoo\nb: 2\n", 2, 1, 'this line is not "key: value"'),
        ("sms: Reminder: 😀\n", 1, 14, '": " is not allowed here'),
        ("a: - b\n", 1, 4, '"- " is not allowed here'),
        ("a: ? b\n", 1, 4, '"? " is not allowed here'),
        ('a: "x\nb: 2\n', 1, 4, "this quote is never closed"),
        ("a: 'x\n---\n", 1, 4, "this quote is never closed"),
        ('a: "\\q"\n', 1, 6, 'there is no escape "\\q"'),
        ('a: "\\u12"\n', 1, 7, "this escape has too few hexadecimal digits"),
        ("a: |x\n  y\n", 1, 5, "nothing may follow the sign of a block text"),
        ("a: >0\n  y\n", 1, 5, "a block text's indentation cannot be 0"),
        ("a: [1, 2", 1, 4, "this bracket is never closed"),
        ("a: [1, 2\nb: 3\n", 2, 2, 'a "," or the closing "]" is missing before this'),
        ("a: {b: 1]\n", 1, 9, 'a "," or the closing "}" is missing before this'),
        ("a: [\n", 1, 4, "the file ends where a value is expected"),
        ("a: ,b\n", 1, 4, 'a value cannot begin with ","'),
        ("a:\n  - 1\n b: 2\n", 3, 2, "this does not fit the lines above it"),
        ('a: "x" y\n', 1, 8, "this does not fit the lines above it"),
        ("a: 1\n- b\n", 2, 1, "this does not fit the lines above it"),
    ],
)
def test_a_syntax_error_is_told_in_our_words(source: str, line: int, column: int, message: str) -> None:
    document = reading(source)
    (error,) = document.findings
    assert (error.code, error.span[:2], error.message) == ("LO101", (line, column), message)
    assert error.help
    assert document.data is None


def test_a_syntax_error_keeps_what_was_found_before_it() -> None:
    assert found("a: 1\na: 2\nb: 'x\n") == [("LO106", 2, 1), ("LO101", 3, 4)]


@pytest.mark.parametrize(
    ("source", "help"),
    [
        ("sms: {{ contact.first_name }}, hi\n", 'text that begins with "{{" needs quotes around all of it'),
        ("a: 1\n\u00a0\u00a0b: x: y\n", "the line contains a no-break space (U+00A0): write a normal space"),
        ("a: [1,\n  2\nb: 3\n", "the bracket was opened in line 1: close every open bracket; "),
        ("a: 'it's'\n", "an apostrophe inside of '...' is written twice: ''"),
        ("a: 'it' s\n", "the value ended before this: put the whole text in quotes"),
    ],
)
def test_the_way_out_fits_the_usual_mistakes(source: str, help: str) -> None:
    (error,) = reading(source).findings
    assert error.help
    assert error.help.startswith(help)


@pytest.mark.parametrize(("source", "code"), [("a: *\n", "LO107"), ("a: !e!x y\n", "LO108"), ("a: !<x y\n", "LO108")])
def test_a_broken_alias_or_tag_keeps_its_code(source: str, code: str) -> None:
    assert [each.code for each in reading(source).findings] == [code]


def test_what_is_not_utf_8_is_pointed_at() -> None:
    document = read("flow.yaml", "a: 1\nb: 😀é".encode() + b"\xe9\n")
    (error,) = document.findings
    assert (error.code, error.span) == ("LO102", Span(2, 6, 2, 7))
    assert read("flow.yaml", "a: 1\n".encode("utf-16")).findings[0].code == "LO102"


def test_the_size_is_counted_in_bytes() -> None:
    fits = "a: " + "é" * ((MAX_BYTES - 3) // 2)
    assert read("flow.yaml", fits.encode()).findings == ()
    document = read("flow.yaml", (fits + "é").encode())
    assert [each.code for each in document.findings] == ["LO103"]
    assert document.data is None


def test_five_thousand_nodes_are_read_and_no_more() -> None:
    assert len(reading("- x\n" * 4_999).data) == 4_999
    document = reading("- x\n" * 5_000)
    assert document.data is None
    assert found("- x\n" * 5_000) == [("LO104", 5_000, 3)]


@pytest.mark.parametrize("brackets", [True, False])
def test_sixty_four_levels_are_read_and_no_more(brackets: bool) -> None:
    def nested(levels: int) -> str:
        return "[" * levels + "]" * levels if brackets else "- " * levels + "x"

    assert reading(nested(64)).findings == ()
    assert reading(nested(65)).data is None
    assert found(nested(65)) == [("LO105", 1, 65 if brackets else 129)]


K = 127 * 1024
HOSTILE = {
    "brackets": "[" * 100_000,
    "braces": "{" * K,
    "dashes": "- " * (K // 2),
    "question marks": "? " * (K // 2),
    "block nesting": "".join(" " * depth + "a:\n" for depth in range(500)),
    "line breaks": "\n" * K,
    "spaces": " " * K,
    "comments": "#\n" * (K // 2),
    "one word": "a" * K,
    "folded": "a\n" * (K // 2),
    "an open quote": '"' + "a " * (K // 2),
    "blank lines in quotes": '"' + "\n" * (K - 2) + '"',
    "blank lines in a block text": "a: |\n" + "\n" * (K - 5),
    "keys": "a: b\n" * (K // 5),
    "the same key": "{" + "a," * 2_400 + "}",
    "items in deep brackets": "[" * 60 + "a," * (K // 2 - 60),
    "directives": "%a\n" * (K // 3),
    "a long version": "%YAML 1." + "1" * (K - 10),
    "documents": "---\n" * (K // 4),
    "colons": ":" * K,
    "anchors": "&a " * (K // 3),
    "laughs": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 99)),
    "control characters": "\x01\n" * (K // 2),
    "odd line breaks": "\x85\n" * (K // 3),
    "numbers": "[" + "9" * (K - 2) + "]",
    "an escape beyond Unicode": 'a: "\\UFFFFFFFF"',
    "a wide line": "a: " + "\u3000" * 40_000 + "\na: 1",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_a_finding_and_bounded_time(name: str) -> None:
    began = time.process_time()
    document = reading(HOSTILE[name])
    shown = render(document.findings, {"flow.yaml": document.source})
    assert time.process_time() - began < 60  # about 0.3 s; what is quadratic in the file's 128 KiB takes many minutes
    assert document.findings or document.data is not None
    assert bool(shown) == bool(document.findings)


def test_no_way_to_break_a_flow_raises() -> None:
    dice = random.Random(7)
    scraps = [
        "{",
        "}",
        "[",
        "]",
        "- ",
        "? ",
        ": ",
        " #",
        "&a ",
        "*a",
        "!t ",
        "|",
        ">",
        '"',
        "'",
        "\n",
        "\n  ",
        "\t",
        "%",
    ]
    scraps += [
        "---\n",
        "...\n",
        "\\",
        "\x85",
        "\u2028",
        "\x00",
        "\u202e",
        "😀",
        "{{ x }}",
        "@",
        ",",
        "\r",
        "<<: ",
        "\\U",
    ]
    broken = 0
    for _ in range(400):
        source = FLOW
        for _ in range(dice.randint(1, 4)):
            at = dice.randrange(len(source))
            source = source[:at] + dice.choice(scraps) + source[at + dice.choice([0, 0, 1, 5]) :]
        document = reading(source)
        for loc, text in document.marks.texts.items():
            _assert_inside(document, loc, text)
        broken += bool(render(document.findings, {"flow.yaml": source}))
        assert all(each.span.line <= len(document.marks.lines.starts) for each in document.findings)
    assert broken > 200


def _assert_inside(document: Document, loc: Loc, text: str) -> None:
    """A place inside a text is that character, or the key."""
    lines, key = document.marks.lines, document.marks.key(loc)
    for offset, character in enumerate(text):
        span = document.marks.inside(loc, offset)
        if span != key and character != "\n":
            assert document.source[lines.starts[span.line - 1] + span.column - 1] == character
