"""The strict YAML of a project: the only reader, so that `check`, `fmt` and `apply` read a file alike.

Invariants: every limit is checked before anything is built, so a hostile file costs one finding and bounded time. Errors of syntax,
encoding, size, nodes and depth end the reading; all others are collected.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.events import DocumentEndEvent, DocumentStartEvent, Event, NodeEvent, StreamStartEvent
from ruamel.yaml.scanner import Scanner, ScannerError

from engine.language.diagnostics.findings import Finding, Loc
from engine.language.source.composer import DROPPED, MAX_NODES, NEVER, Composer, is_empty
from engine.language.source.findings_of_file import FindingsOfFile, StopReading
from engine.language.source.source_map import LineIndex, Range, SourceMap
from engine.language.source.syntax_errors import MAX_DEPTH, TOO_DEEP, Wrong, in_our_words

MAX_BYTES = 128 * 1024
MAX_EVENTS = 2 * MAX_NODES + 4  # of a file with as many nodes as may be, one document's frame and one node too many
MAX_ALIKE = 100  # directives or odd characters that are reported; more mean that the file is no YAML

TOP = re.compile(
    r"(?:[ \t]*(?:#[^\r\n]*)?[\r\n]|%[^\r\n]*)*"
)  # what is allowed before a document: comments and directives
BREAKS = "\x85\u2028\u2029\ufeff"  # the parser breaks lines at them or drops them; in YAML 1.2 they are characters
BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
HIDDEN = re.compile(f"[{BREAKS}]|{NEVER.pattern}")
ODD = re.compile(f"[{BREAKS}{BIDI}]|{NEVER.pattern}")
STAND_IN = 0x10_0000  # of the private plane: added to a hidden character while the parser looks


class Document(NamedTuple):
    """A file as read. `data` is shared by all who read the same content: never change it."""

    path: str
    source: str
    data: Any  # dict, list, str, int, float, bool, None; None where the reading ended early
    marks: SourceMap
    findings: tuple[Finding, ...]
    empty: frozenset[Loc] = frozenset()  # keys and dashes without a value; the value there is None


@lru_cache(maxsize=256)
def read(path: str, raw: bytes) -> Document:
    """Read one file. Never raises for what the file holds."""
    if len(raw) > MAX_BYTES:
        message = f"the file has {len(raw):,} bytes, more than {MAX_BYTES:,}"
        return _refused(path, b"", "LO103", message, "split it: one flow per file")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _refused(path, b"", "LO102", "the file is UTF-16, not UTF-8", "save it as UTF-8")
    try:
        source = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8").removeprefix("\ufeff")
        message = f"the byte 0x{raw[error.start]:02x} is not UTF-8"
        return _refused(path, raw, "LO102", message, "save the file as UTF-8", len(before))
    return _read(path, source)


def _refused(path: str, raw: bytes, code: str, message: str, help: str, at: int = 0) -> Document:
    lines = LineIndex.of(raw.decode("utf-8", "replace").removeprefix("\ufeff"))
    finding = Finding(code, "error", message, help, path, lines.span(at, at + 1))
    return Document(path, lines.source, None, SourceMap(lines, {}, {}, {}), (finding,))


def _read(path: str, source: str) -> Document:
    notes = FindingsOfFile(path, LineIndex.of(source))
    stand_ins = {ord(found): STAND_IN + ord(found) for found in HIDDEN.findall(source)}
    originals = {stand_in: original for original, stand_in in stand_ins.items()}
    text = _without_directives(source.translate(stand_ins), notes)
    composer = Composer(notes, _events(text, notes), originals)
    data: Any = None
    try:
        data = _document(composer)
        _check_characters(notes, composer.sheltered)
    except StopReading:
        data = None
    marks = SourceMap(notes.lines, composer.keys, composer.values, composer.texts)
    return Document(path, source, data, marks, tuple(notes.findings), frozenset(composer.empty))


def _without_directives(text: str, notes: FindingsOfFile) -> str:
    """Directives are reported and read as comments, so that the rest is still read."""
    top = TOP.match(text)
    end = top.end() if top else 0
    for found in islice(re.finditer(r"^%[^\r\n]*", text[:end], re.MULTILINE), MAX_ALIKE):
        notes.add("LO109", found.span(), "directives cannot be used", "remove the line")
    return re.sub(r"^%", "#", text[:end], flags=re.MULTILINE) + text[end:]


class _BoundedScanner(Scanner):
    """Rejects the first bracket beyond the limit; otherwise 1,024 of them are read ahead, in quadratic time."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:
        if self.flow_level >= MAX_DEPTH:
            raise ScannerError(None, None, TOO_DEEP, self.reader.get_mark())
        super().fetch_flow_collection_start(TokenClass, to_push)


def _events(text: str, notes: FindingsOfFile) -> Iterator[Event]:
    """The parser's events without the frame; an error of the parser becomes a finding after its last event.

    All are fetched before the first is used: called from a deep composer the parser is many times slower, where its
    frames come to lie on the edge of a piece of Python's stack.
    """
    events: list[Event] = []
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _BoundedScanner
    wrong: Wrong | None = None
    try:
        events.extend(islice(yaml.parse(text), MAX_EVENTS))
    except Exception as error:  # a foreign parser on foreign input: besides its own errors ValueError, RecursionError…
        wrong = in_our_words(error, notes.lines, events[-1].end_mark.index if events else 0)
    yield from (event for event in events if not isinstance(event, (StreamStartEvent, DocumentEndEvent)))
    if wrong:
        seen = notes.findings and notes.findings[-1].help == wrong.help  # the same mistake, met at its beginning
        if not seen:
            notes.add(wrong.code, (wrong.at, wrong.at + 1), wrong.message, wrong.help)
        raise StopReading


def _document(composer: Composer) -> Any:
    event = next(composer.stream)
    if isinstance(event, DocumentStartEvent):
        event = next(composer.stream)
    if not isinstance(event, NodeEvent) or is_empty(event):
        composer.notes.add("LO113", (0, 0), "the file is empty", "add content, or remove the file")
        return None
    data = composer.node(event, ())
    for event in composer.stream:
        if isinstance(event, DocumentStartEvent):
            place = (event.start_mark.index, max(event.end_mark.index, event.start_mark.index + 1))
            composer.notes.add("LO109", place, "a second document begins here", "keep one document per file")
            break
    return None if data is DROPPED else data


def _check_characters(notes: FindingsOfFile, sheltered: list[Range]) -> None:
    """Control characters anywhere; odd breaks and bidi controls outside quoted and block texts. The first of each line."""
    starts = [start for start, _ in sheltered]
    lines: dict[int, int] = {}
    for found in ODD.finditer(notes.lines.source):
        at = found.start()
        around = bisect_right(starts, at) - 1
        inside = around >= 0 and at < sheltered[around][1]
        if NEVER.match(found[0]) or not inside:
            lines.setdefault(notes.lines.place(at)[0], at)
    for at in islice(lines.values(), MAX_ALIKE):
        character = notes.lines.source[at]
        help = "remove it" if NEVER.match(character) else "remove it, or write it inside a quoted text"
        notes.add("LO111", (at, at + 1), f"the character U+{ord(character):04X} is not allowed here", help)
