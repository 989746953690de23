"""LO702: no file has the number of a real person; numbers reserved for fiction are allowed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from engine.language.rule_api import PROJECT_FILE, Document, Finding, LintContext
from engine.messaging.numbers import BadNumber, is_fiction, masked, parse

MOST = 20  # findings a file
NUMBER = re.compile(r"(?<![\w+])\+[1-9][0-9]{6,14}(?![0-9])")


def real_phone_number(world: LintContext) -> Iterator[Finding]:
    for document in world.documents.values():
        yield from islice(_in(document), MOST)


def _in(document: Document) -> Iterator[Finding]:
    own = {document.marks.values.get(loc) for loc in document.marks.texts if _is_a_senders(document, loc)}
    for found in NUMBER.finditer(document.source):
        if _may_ring(found[0]) and not any(place and place[0] <= found.start() < place[1] for place in own):
            span = document.marks.lines.span(*found.span())
            message = f"{masked(found[0])} may be a real person's number"
            help = "use a number reserved for fiction: +1 NPA 555 0100 to 0199, such as +12025550143"
            yield Finding("LO702", "warning", message, help, document.path, span)


def _is_a_senders(document: Document, loc: tuple[str | int, ...]) -> bool:
    return document.path == PROJECT_FILE and loc[:1] == ("senders",) and loc[-1] == "number"


def _may_ring(number: str) -> bool:
    try:
        return not is_fiction(parse(number).e164)
    except BadNumber:
        return False
