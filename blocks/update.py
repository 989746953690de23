"""Update: fields, tags and consent of the contact.

Invariants: a value gets the declared type of its field; one that is missing or does not fit leaves its field as it was, and a note
says so. Consent comes from the contact's own text only: `check` looks at the flow, and the engine again when it stores the consent.

Example:

    - update:
        set: {first_name: "{{ contact.first_name | default('friend') | title }}", email: null}
        add_tags: [spring]
        remove_tags: [lead]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from engine.block_api import (
    Block,
    Context,
    MissingValue,
    Next,
    Noted,
    Outcome,
    PayloadText,
    SettableField,
    Tag,
    UpdateContact,
    filled,
    problem,
)


class Update(Block):
    """`update:` with any of `set`, `add_tags`, `remove_tags` and `consent`."""

    verb = "update"
    changes_facts = True

    values: Mapping[SettableField, PayloadText] = Field(default={}, alias="set")
    """Fields and their new values; text may contain `{{ }}`, and `null` removes the value."""
    add_tags: tuple[Tag, ...] = ()
    """Tags to add."""
    remove_tags: tuple[Tag, ...] = ()
    """Tags to remove."""
    consent: Literal["subscribed"] | None = None
    """Records that the contact subscribed, with the contact's text as proof: only after a keyword or `replied`."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.values or self.add_tags or self.remove_tags or self.consent):
            raise problem("LO208", "this updates nothing", "write update: {set: {tier: gold}}", at="key")
        return self

    def decide(self, ctx: Context) -> Outcome:
        values: dict[str, Any] = {}
        notes = []
        for name, payload in self.values.items():
            try:
                values[name] = ctx.program.settings.fields[name](filled(payload, ctx))
            except (MissingValue, ValueError) as why:
                notes.append(Noted(ctx.step, f"did not set {name}: {why}"))
        return Next((UpdateContact(ctx.step, values, self.add_tags, self.remove_tags, self.consent), *notes))

    def sets_fields(self) -> Mapping[str, object]:
        return self.values

    def consent_field(self) -> str | None:
        return None if self.consent is None else "consent"

    def describe(self) -> str:
        return f"update: {', '.join(self._words())}"

    def _words(self) -> Iterator[str]:
        yield from self.values
        yield from (f"+{tag}" for tag in self.add_tags)
        yield from (f"-{tag}" for tag in self.remove_tags)
        if self.consent:
            yield self.consent
