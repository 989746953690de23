"""Cross-node checks, one a file: each takes the World and yields findings. A new rule is a file here and a line in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.language.drafts import World
from engine.language.problems import Finding
from engine.language.rules.events import events
from engine.language.rules.fields import fields
from engine.language.rules.images import images
from engine.language.rules.links import links
from engine.language.rules.messages import messages
from engine.language.rules.names import names
from engine.language.rules.otherwise import otherwise
from engine.language.rules.runless import runless
from engine.language.rules.senders import senders
from engine.language.rules.since import since
from engine.language.rules.step_ids import step_ids
from engine.language.rules.text_fields import text_fields
from engine.language.rules.text_length import text_length
from engine.language.rules.text_remarks import text_remarks

Rule = Callable[[World], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    step_ids,
    since,
    messages,
    links,
    events,
    fields,
    names,
    runless,
    senders,
    text_fields,
    text_length,
    text_remarks,
    images,
    otherwise,
)
