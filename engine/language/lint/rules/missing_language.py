"""LO418: the texts of a flow are in the same languages, with the same one first. LO419: so are the texts that Leadoff sends itself."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import (
    UNREADABLE,
    ByLanguage,
    Draft,
    Finding,
    LintContext,
    Loc,
    PlacedValue,
    Translations,
    finding,
    languages_in,
    message_of,
)
from engine.messaging.compliance_texts import WORDINGS
from engine.messaging.languages import chosen

_SAID = ("help", "opt_in", "opt_out", "first")


def missing_language(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        yield from _of_flow(draft)
    if "texts" not in world.unknown:
        yield from _of_project(world)


def _of_flow(draft: Draft) -> Iterator[Finding]:
    texts = list(_texts(draft))
    languages = languages_in(placed.value for placed in texts)
    for placed in texts if languages else ():
        own = tuple(placed.value) if isinstance(placed.value, Translations) else ()
        missing = [each for each in languages if chosen(each, own) is None]
        if not own:
            message = f"this text is the same for everybody; other texts of this flow are in {', '.join(languages)}"
            help = f"write {{{languages[0]}: …, …}}: {_WHO}"
        elif missing:
            message = f"this text is not in {' nor '.join(missing)}, as other texts of this flow are"
            help = f"{_WHO}: now they get {own[0]}"
        elif own[0] != languages[0] and draft.whole:
            message = (
                f"the first language of this text is {own[0]}, and that of the flow's first text is {languages[0]}"
            )
            help = f"the first one goes to contacts of any other language: write {languages[0]} first"
        else:
            continue
        yield draft.finding("LO418", message, placed.loc, help, at="key", severity="warning")


_WHO = "a contact gets the text of their own language"


def _texts(draft: Draft) -> Iterator[PlacedValue]:
    """What messages say, and their pictures in words."""
    for placed in draft.values():
        message = message_of(placed.step.block) if placed.step is not None else None
        if message is not None and (placed.value is message.text or placed.value is message.alt):
            yield placed


def _of_project(world: LintContext) -> Iterator[Finding]:
    texts = world.project.texts
    asked = {name: getattr(texts, name) for name in (*_SAID, "away", *_picture(world))}
    written = {name: text for name, text in asked.items() if text is not UNREADABLE}
    placed = (placed.value for draft in world.drafts for placed in _texts(draft))
    languages = languages_in((*placed, *written.values()))
    without = {}
    for name, text in written.items() if languages else ():
        own = WORDINGS if text is None else text if isinstance(text, ByLanguage) else ()
        missing = [each for each in languages if chosen(each, own) is None]
        if text is None and missing and name != "away":
            without[name] = missing
        elif isinstance(text, ByLanguage) and missing:
            message = f"this text is not in {' nor '.join(missing)}, as others are"
            yield _finding(world, message, ("texts", name), _WHO)
        elif isinstance(text, str) and languages[1:]:
            message = f"this text is the same for everybody; others are in {', '.join(languages)}"
            yield _finding(world, message, ("texts", name), f"write {{{languages[0]}: …, …}}: {_WHO}")
    if without:
        missing = list(dict.fromkeys(each for several in without.values() for each in several))
        message = (
            f"Leadoff has no words of its own in {', '.join(missing)} for {', '.join(without)}: they are in English"
        )
        help = f"write them under `texts`: {{{next(iter(without))}: {{{languages[0]}: …, {missing[0]}: …}}}}"
        yield _finding(world, message, ("texts",) if "texts" in world.document.data else ("brand",), help)


def _finding(world: LintContext, message: str, loc: Loc, help: str) -> Finding:
    return finding(world.document, "LO419", message, loc, help, at="key", severity="warning")


def _picture(world: LintContext) -> tuple[str, ...]:
    """Only those who follow a link to a picture read the text of its page."""
    messages = (message_of(step.block) for draft in world.drafts for step in draft.steps())
    return ("picture",) if any(message and message.otherwise == "link" for message in messages) else ()
