"""Cross-node checks, one a file: each takes the World and yields findings. A new rule is a file here and a line in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from engine.language.diagnostics.findings import Finding
from engine.language.lint.context import World
from engine.language.lint.rules.back_to_back_messages import in_a_row
from engine.language.lint.rules.click_on_unsent_link import unsent_links
from engine.language.lint.rules.consent_without_text import own_text
from engine.language.lint.rules.constant_condition import decided
from engine.language.lint.rules.costly_text import parts
from engine.language.lint.rules.duplicate_step_id import step_ids
from engine.language.lint.rules.empty_branch import empty_branches
from engine.language.lint.rules.field_type_mismatch import field_types
from engine.language.lint.rules.field_without_default import text_fields
from engine.language.lint.rules.flow_exceeds_cap import capped
from engine.language.lint.rules.invalid_dates import dates
from engine.language.lint.rules.message_of_silent_step import messages
from engine.language.lint.rules.missing_disclosure import first_text
from engine.language.lint.rules.missing_exit import way_out
from engine.language.lint.rules.mms_fallback import otherwise
from engine.language.lint.rules.name_mismatch import names
from engine.language.lint.rules.no_run_context import runless
from engine.language.lint.rules.overlapping_triggers import overlapping
from engine.language.lint.rules.payload_mismatch import payloads
from engine.language.lint.rules.premature_question import too_early
from engine.language.lint.rules.quiet_hours import quiet_windows
from engine.language.lint.rules.real_phone_number import real_numbers
from engine.language.lint.rules.secret_in_file import secrets
from engine.language.lint.rules.segment_references import segments
from engine.language.lint.rules.since_target import since
from engine.language.lint.rules.text_too_long import text_length
from engine.language.lint.rules.text_warnings import text_remarks
from engine.language.lint.rules.undeclared_event import events
from engine.language.lint.rules.undeclared_link import links
from engine.language.lint.rules.undeclared_sender import senders
from engine.language.lint.rules.unknown_field import fields
from engine.language.lint.rules.unknown_saved_field import saved
from engine.language.lint.rules.unreachable_step import unreachable
from engine.language.lint.rules.unread_file import unread
from engine.language.lint.rules.unusable_image import images
from engine.language.lint.rules.wait_without_wakeup import deaf_waits

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
