"""What stands under the mouse: what a finding means, what a name stands for, what a text costs, what a key does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from lsprotocol import types

from engine.language.diagnostics.explanations import explanation
from engine.language.diagnostics.findings import Finding, Loc, visible
from engine.language.lint.context import Draft, LintContext
from engine.language.lint.rules.text_too_long import pricing_of
from engine.language.model.own_events import OWN_EVENTS
from engine.language.model.unreadable import UNREADABLE, CannotSay
from engine.language.source.source_map import SourceMap
from engine.language.values.fields import kind_words
from engine.lsp import choices
from engine.lsp.documents import Document
from engine.lsp.names import EVENT, FIELD, LINK, SEGMENT, SENDER, STEP, Mention, Name, in_file, is_now
from engine.messaging.parts import count

_CODE = re.compile(r"LO\d{3}")
_FUNCTION = re.compile(r"\{\{\s*(link|short|coupon)\s*\(")
_FUNCTIONS = {
    "link": '**link**("NAME"): a tracked short link of leadoff.yaml (`links`)',
    "short": (
        '**short**("https://…") or **short**(event.cart_url): a tracked short link to that address. A value must be an https URL on one'
        " of `link_hosts` of leadoff.yaml, else its `default` goes out, or the message is skipped; its link leads nowhere 90 days after"
        " the message"
    ),
    "coupon": '**coupon**("NAME"): the contact\'s own code of a pool of leadoff.yaml (`coupons`)',
}
MOST_FORCING = 8  # characters that are named


def hover(
    world: LintContext,
    mentioned: Iterable[Mention],
    findings: Iterable[Finding],
    path: str,
    document: Document,
    index: int,
) -> types.Hover | None:
    """`path`: the file's, in the project; `findings`: those of the file."""
    read = world.documents.get(path)
    said = [*_explained(findings, document, index)]
    if read is not None:
        loc, on_key = place(read.marks, index)
        said += _named(world, in_file(world, mentioned, path), document, index)
        draft = next((draft for draft in world.drafts if draft.path == path and is_now(world, draft)), None)
        if draft is not None:
            said += _cost(world, draft, loc)
        said += _of_function(document, index)
        told = choices.described(path, read.data, loc) if on_key else None
        said += [told] if told else []
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n".join(said))) if said else None


def place(marks: SourceMap, index: int) -> tuple[Loc, bool]:
    """The innermost value around a code point, and whether it is on its key."""
    on_key = [loc for loc, (start, end) in marks.keys.items() if start <= index <= end]
    for loc in sorted(on_key, key=len, reverse=True):
        if isinstance(loc[-1], str):
            return loc, True
    inside = [loc for loc, (start, end) in marks.values.items() if start <= index <= end]
    return max(inside, key=len, default=()), False


def _explained(findings: Iterable[Finding], document: Document, index: int) -> Iterator[str]:
    """The codes of the findings here, and a code that is written here."""
    codes: dict[str, None] = {}
    for found in findings:
        start, end = document.offsets(found.span)
        if start <= index <= end:
            codes[found.code] = None
    line = document.lines.place(index)[0]
    column = index - document.lines.starts[line - 1]
    for written in _CODE.finditer(document.lines.text(line)):
        if written.start() <= column <= written.end():
            codes[written[0]] = None
    for code in codes:
        told = explanation(code)
        if told is not None:
            yield f"**{code}** {told.title}\n\n{told.why}"


def _named(world: LintContext, mentioned: Iterable[Mention], document: Document, index: int) -> Iterator[str]:
    for each in mentioned:
        start, end = document.offsets(each.span)
        if start <= index <= end:
            told = _about(world, each.name)
            if told:
                yield f"**{each.name.kind} `{each.name.name}`**: {told}"
                return


def _about(world: LintContext, name: Name) -> str | None:
    project = world.project
    with suppress(CannotSay, AttributeError, KeyError):  # what could not be read has nothing to say
        if name.kind == STEP:
            steps = (step for draft in world.drafts if draft.path == name.flow for step in draft.steps())
            return next((visible(step.block.describe()) for step in steps if step.id == name.name), None)
        if name.kind == LINK:
            return visible(str(project.links[name.name]))
        if name.kind == EVENT:
            fields = (OWN_EVENTS.get(name.name) or project.events[name.name]).items()
            return ", ".join(f"`{field}`: {kind_words(spec)}" for field, spec in fields) or "no fields"
        if name.kind == FIELD:
            return project.contact_fields[name.name].type
        if name.kind == SENDER:
            sender = project.senders[name.name]
            return f"{sender.provider}, {sender.number}, {', '.join(sender.countries)}"
        if name.kind == SEGMENT:
            return next(f"declared in {each.path}" for each in world.segments if each.name == name.name)
    return None


def _of_function(document: Document, index: int) -> Iterator[str]:
    """What a function of a text does."""
    line = document.lines.place(index)[0]
    column = index - document.lines.starts[line - 1]
    for found in _FUNCTION.finditer(document.lines.text(line)):
        if found.start(1) <= column <= found.end(1):
            yield _FUNCTIONS[found[1]]


def _cost(world: LintContext, draft: Draft, loc: Loc) -> Iterator[str]:
    """Of the message whose text this is: as `leadoff parts` says, at its shortest and at its longest."""
    with suppress(CannotSay):
        for placed, message in draft.messages():
            if placed.loc != loc or placed.step is None:
                continue
            pricing = pricing_of(world, draft)
            project = world.project
            regions = project.countries if project.countries is not UNREADABLE else ()
            region = "US" if "US" in regions or not regions else next(iter(regions))
            first = placed.step.path in pricing.first
            cost = pricing.text_cost(message, placed.value, first, region)
            forms = [count(text) for text in pricing.sent_texts(message, placed.value, first, region)]
            worst = forms[-1]
            parts = f"{forms[0].parts}–{worst.parts} parts" if forms[0].parts != worst.parts else _parts(worst.parts)
            units = f"{forms[0].units}–{worst.units} units" if forms[0].units != worst.units else f"{worst.units} units"
            prices = sorted({f"{price / 1_000_000:.3f}" for price in cost.price})
            kind = "MMS; its text: " if cost.kind == "mms" else ""
            yield f"{kind}{worst.encoding}, {parts}, {units}; {'–'.join(prices)} {project.currency} in {region}"
            if worst.forcing:
                yield f"makes it UCS-2: {' '.join(visible(each) for each in worst.forcing[:MOST_FORCING])}"


def _parts(number: int) -> str:
    return "1 part" if number == 1 else f"{number} parts"
