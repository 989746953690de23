"""`# leadoff: ignore[LO504] why`, at the end of a key's line: it silences a warning or a note about that key.

Invariants: never an error, and never without a reason. An ignore that silences nothing is a warning itself: what it was for is gone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from engine.language.diagnostics.findings import FOREIGN_CODE, Finding, Severity, dotted
from engine.language.source.strict_yaml import Document

_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[ \t]*leadoff:([^\r\n]*)", re.MULTILINE)
_IGNORE = re.compile(r"[ \t]*ignore[ \t]*\[([^\]]*)\](.*)")
_CODE = re.compile(rf"LO\d{{3}}|{FOREIGN_CODE.pattern}")
_FORM = "write it like: # leadoff: ignore[LO504] the second text completes the first"


class _Ignore(NamedTuple):
    line: int
    start: int  # index of the # in the source
    end: int
    codes: tuple[str, ...]
    reason: str


def without_ignored(documents: Mapping[str, Document], findings: Iterable[Finding]) -> list[Finding]:
    """The findings that are left, and what is wrong with the ignores themselves."""
    kept = list(findings)
    for document in documents.values():
        if "leadoff:" in document.source and document.data is not None:
            kept = list(_left(document, kept))
    return kept


def _left(document: Document, findings: list[Finding]) -> Iterator[Finding]:
    lines = {dotted(loc): document.marks.key(loc).line for loc in document.marks.keys}
    unused: dict[tuple[int, str], _Ignore] = {}
    for ignore in _ignores(document):
        if not ignore.codes or not ignore.reason:
            message = "this ignore gives no reason" if ignore.codes else "this ignore does not name a code"
            yield _about(document, "LO704", message, _FORM, ignore)
        else:
            unused.update({(ignore.line, code): ignore for code in ignore.codes})
    silent = frozenset(unused)
    errors: set[tuple[int, str]] = set()
    for found in findings:
        places = {(found.span.line, found.code), (lines.get(found.path, 0), found.code)} & silent
        if found.file != document.path or not places:
            yield found
        elif found.severity == "error":
            errors |= places
            yield found
        else:
            for place in places:
                unused.pop(place, None)
    for (line, code), ignore in unused.items():
        useless = all((line, each) in unused for each in ignore.codes)
        if (line, code) in errors:
            message, help = f"{code} is an error here: it cannot be ignored", "fix the error, then remove this comment"
        else:
            message, help = f"there is no {code} on this line", "remove it, or it hides a later finding"
        yield _about(document, "LO705", message, help, ignore, "" if useless else None)


def _ignores(document: Document) -> Iterator[_Ignore]:
    sheltered = sorted(document.marks.values[loc] for loc in document.marks.texts if _is_sheltered(document, loc))
    starts = [start for start, _ in sheltered]
    for found in _COMMENT.finditer(document.source):
        around = bisect_right(starts, found.start()) - 1
        # A comment may follow the sign of a block text: it is in the text's range, on its first line.
        if around >= 0 and found.start() < sheltered[around][1]:
            opening = document.source[starts[around] : found.start()]
            if opening[0] not in "|>" or "\n" in opening:
                continue
        said = _IGNORE.fullmatch(found[1])
        codes = tuple(code.strip() for code in said[1].split(",")) if said else ()
        readable = codes if all(_CODE.fullmatch(code) for code in codes) else ()
        line, _ = document.marks.lines.place(found.start())
        yield _Ignore(line, found.start(), found.end(), readable, said[2].strip() if said else "")


def _is_sheltered(document: Document, loc: tuple[str | int, ...]) -> bool:
    place = document.marks.values.get(loc)
    return place is not None and document.source[place[0]] in "\"'|>"


def _about(
    document: Document, code: str, message: str, help: str, ignore: _Ignore, instead: str | None = None
) -> Finding:
    severity: Severity = "warning"
    span = document.marks.lines.span(ignore.start, ignore.end)
    return Finding(code, severity, message, help, document.path, span, instead=instead)
