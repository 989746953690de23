"""LO411: no text is longer than 1,600 characters, with every field at its worst-case length."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.language.drafts import World
from engine.language.fields import FieldSpec
from engine.language.problems import Finding

LONGEST = 1_600
CODE = 8  # characters of a tracked link's code
_TEMPLATE = re.compile(r"\{\{.*?\}\}", re.DOTALL)


def text_length(world: World) -> Iterator[Finding]:
    fields = world.project.contact_fields
    link = len(world.project.public_url) + len("/l/") + CODE
    for draft in world.drafts:
        for placed in draft.texts():
            text = placed.value
            specs = (fields.get(shown.path.removeprefix("contact."), FieldSpec()) for shown in text.paths)
            length = len(_TEMPLATE.sub("", text.source)) + link * len(text.links) + sum(spec.max for spec in specs)
            if length > LONGEST:
                message = f"this text may come to {length:,} characters, more than {LONGEST:,}"
                yield draft.finding("LO411", message, placed.loc, "shorten it, or make two messages of it", at="key")
