"""Translates the YAML parser's errors: what is wrong, where, and how to fix it.

The parser's messages speak of tokens and blocks; an author thinks of quotes, lists and indentation. The first row whose words occur in the
parser's message is used.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ruamel.yaml.error import MarkedYAMLError

from engine.language.source.source_map import LineIndex

MAX_DEPTH = 64
TOO_DEEP = f"this is nested more than {MAX_DEPTH} levels deep"
TOO_DEEP_HELP = "use fewer levels; text that begins with a bracket needs quotes"

TEMPLATE_FIRST = re.compile(r"(?:^|[:?-])[ \t]+\{\{")
TEMPLATE_HELP = 'text that begins with "{{" needs quotes around all of it'


class Wrong(NamedTuple):
    code: str
    message: str
    help: str
    at: int  # index in the source


class _Row(NamedTuple):
    words: str
    message: str  # `{it}` is the character there
    help: str
    at_start: bool = False  # its place is where the broken construct begins, not where the parser noticed it
    code: str = "LO101"


_QUOTE = "put the whole text in quotes"
_QUOTE_END = "close it with the same quote; a quote inside a quoted text is written twice ('') or escaped (\\\")"
_INSIDE = {
    "'": "an apostrophe inside of '...' is written twice: ''; or put the whole text between \"",
    '"': 'a quote inside of "..." is written \\"; or put the whole text between \'',
}
_BLOCK = 'start the text on the next line, indented under its key; only "-" or "+" may follow "|"'
_INDENT = "check the indentation: the keys of a mapping, and the items of a list, start in the same column"
_CLOSE = "close every open bracket; text that contains brackets or braces needs quotes"

_ROWS = (
    _Row(TOO_DEEP, TOO_DEEP, TOO_DEEP_HELP, code="LO105"),
    _Row("found character '\\t' that", "a tab is not allowed here", "use spaces; a tab is allowed only inside quotes"),
    _Row("cannot start any token", 'text cannot begin with "{it}"', _QUOTE),
    _Row(
        "could not find expected ':'",
        'this line is not "key: value"',
        'a key ends with a colon and a space; put a text of several lines under "|"',
        at_start=True,
    ),
    _Row(
        "mapping values are not allowed",
        '": " is not allowed here',
        'text that contains ": " needs quotes; a nested key goes on its own line, indented under its parent',
    ),
    _Row(
        "sequence entries are not allowed",
        '"- " is not allowed here',
        "start a list on its own line, under its key",
    ),
    _Row("mapping keys are not allowed", '"? " is not allowed here', _QUOTE),
    _Row("unexpected end of stream", "this quote is never closed", _QUOTE_END, at_start=True),
    _Row("unexpected document separator", "this quote is never closed", _QUOTE_END, at_start=True),
    _Row("unknown escape character", 'there is no escape "\\{it}"', "write \\\\ for a backslash, or use single quotes"),
    _Row(
        "expected escape sequence",
        "this escape has too few hexadecimal digits",
        "\\x takes 2 digits, \\u takes 4, \\U takes 8",
    ),
    _Row("range 1-9", "a block text's indentation cannot be 0", _BLOCK),
    _Row("indentation indicators", "nothing may follow the sign of a block text", _BLOCK),
    _Row("expected a comment or a line break", "nothing may follow the sign of a block text", _BLOCK),
    _Row(
        "more indented follow up", "this text begins with a line indented deeper than the next", _BLOCK, at_start=True
    ),
    _Row("found unexpected ':'", '":" is not allowed here', _QUOTE),
    _Row(
        "expected alphabetic or numeric",
        "anchors and aliases cannot be used",
        'text that begins with "&" or "*" needs quotes',
        at_start=True,
        code="LO107",
    ),
    _Row("undefined tag handle", "tags cannot be used", 'text that begins with "!" needs quotes', True, "LO108"),
    _Row("scanning a tag", "tags cannot be used", 'text that begins with "!" needs quotes', True, "LO108"),
    _Row("parsing a tag", "tags cannot be used", 'text that begins with "!" needs quotes', True, "LO108"),
    _Row("but got '<stream end>'", "this bracket is never closed", _CLOSE, at_start=True),
    _Row("expected ',' or ']'", 'a "," or the closing "]" is missing before this', _CLOSE),
    _Row("expected ',' or '}'", 'a "," or the closing "}}" is missing before this', _CLOSE),
    _Row("found '<stream end>'", "the file ends where a value is expected", _CLOSE),
    _Row("expected the node content", 'a value cannot begin with "{it}"', _QUOTE),
    _Row("expected <block end>", "this does not fit the lines above it", _INDENT),
    _Row("expected '<document start>'", "this does not fit the lines above it", _INDENT),
)
_ELSE = _Row(
    "",
    "the rest of the file cannot be read",
    'an escape like "\\UFFFFFFFF" is not a character; in single quotes, text is taken as it is',
)


def in_our_words(error: Exception, lines: LineIndex, last: int) -> Wrong:
    """What the parser's error means; `last` is the end of what it had read before."""
    said, noticed, began = "", None, None
    if isinstance(error, MarkedYAMLError):
        said = f"{error.context} {error.problem}"
        noticed = error.problem_mark.index if error.problem_mark else None
        began = error.context_mark.index if error.context_mark else None
    row = next((row for row in _ROWS if row.words in said), _ELSE)
    places = (began, noticed) if row.at_start else (noticed, began)
    index = next((place for place in places if place is not None), last)
    index = min(index, max(0, len(lines.source.rstrip()) - 1))  # never after the last character
    message = row.message.format(it=lines.source[index : index + 1])
    help = _way_out(row, lines, index)
    quote = lines.source[index - 1 : index]
    if quote in _INSIDE and lines.source[index : index + 1].isalnum():
        return Wrong(row.code, "the text ended at the previous quote", _INSIDE[quote], index)
    if row.help == _CLOSE and began is not None and lines.place(began)[0] < lines.place(index)[0]:
        help = f"the bracket was opened in line {lines.place(began)[0]}: {help}"
    return Wrong(row.code, message, help, index)


def _way_out(row: _Row, lines: LineIndex, index: int) -> str:
    number, column = lines.place(index)
    line = lines.text(number)
    if TEMPLATE_FIRST.search(line):
        return TEMPLATE_HELP
    if "\u00a0" in line:
        return "the line contains a no-break space (U+00A0): write a normal space"
    if row.help == _INDENT and line[: column - 1].strip(" -"):
        return "the value ended before this: " + _QUOTE
    return row.help
