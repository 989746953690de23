"""Cross-node checks, one a file: each takes the World and yields findings. A new rule is a file here and a line in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.language.drafts import World
from engine.language.problems import Finding
from engine.language.rules.capped import capped
from engine.language.rules.dates import dates
from engine.language.rules.deaf_waits import deaf_waits
from engine.language.rules.decided import decided
from engine.language.rules.empty_branches import empty_branches
from engine.language.rules.events import events
from engine.language.rules.field_types import field_types
from engine.language.rules.fields import fields
from engine.language.rules.first_text import first_text
from engine.language.rules.images import images
from engine.language.rules.in_a_row import in_a_row
from engine.language.rules.links import links
from engine.language.rules.messages import messages
from engine.language.rules.names import names
from engine.language.rules.otherwise import otherwise
from engine.language.rules.overlapping import overlapping
from engine.language.rules.own_text import own_text
from engine.language.rules.parts import parts
from engine.language.rules.payloads import payloads
from engine.language.rules.quiet_windows import quiet_windows
from engine.language.rules.real_numbers import real_numbers
from engine.language.rules.runless import runless
from engine.language.rules.saved import saved
from engine.language.rules.secrets import secrets
from engine.language.rules.segments import segments
from engine.language.rules.senders import senders
from engine.language.rules.since import since
from engine.language.rules.step_ids import step_ids
from engine.language.rules.text_fields import text_fields
from engine.language.rules.text_length import text_length
from engine.language.rules.text_remarks import text_remarks
from engine.language.rules.too_early import too_early
from engine.language.rules.unreachable import unreachable
from engine.language.rules.unread import unread
from engine.language.rules.unsent_links import unsent_links
from engine.language.rules.way_out import way_out

Rule = Callable[[World], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    step_ids,
    since,
    messages,
    links,
    events,
    dates,
    fields,
    names,
    payloads,
    saved,
    own_text,
    runless,
    segments,
    senders,
    text_fields,
    text_length,
    text_remarks,
    images,
    otherwise,
    parts,
    first_text,
    unreachable,
    empty_branches,
    decided,
    in_a_row,
    capped,
    quiet_windows,
    way_out,
    overlapping,
    deaf_waits,
    unsent_links,
    too_early,
    field_types,
    secrets,
    real_numbers,
    unread,
)
