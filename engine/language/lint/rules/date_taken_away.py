"""LO511: a wait for a date of the contact's says what becomes of it when the date is taken away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.rule_api import Finding, LintContext


def date_taken_away(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        if not draft.whole:
            continue
        exits = [rule.when.source for rule in draft.flow.exit_when]
        for step in draft.steps():
            field = step.block.date_field()
            if field is None or any(_ends(said, field) for said in exits):
                continue
            message = f"a contact whose contact.{field} is removed still waits for the old date, and continues then"
            help = f"end it: exit_when: [{{when: {{contact: {{{field}: {{exists: false}}}}}}, reason: cancelled}}]"
            yield draft.finding("LO511", message, (*step.path, step.block.verb), help, at="key", severity="note")


def _ends(said: object, field: str, wanted: bool = False) -> bool:
    """Whether this condition requires somewhere that the field is missing."""
    if isinstance(said, list):
        return any(_ends(each, field, wanted) for each in said)
    if not isinstance(said, Mapping):
        return False
    fields = said.get("contact")
    test = fields.get(field) if isinstance(fields, Mapping) else None
    if isinstance(test, Mapping) and test.get("exists") is wanted:
        return True
    return any(
        _ends(inner, field, wanted != (key == "not")) for key, inner in said.items() if key in ("all", "any", "not")
    )
