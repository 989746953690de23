"""Cross-node checks, one a file: each takes the LintContext and yields findings. A new rule is a file here and a line in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from engine.language.diagnostics.findings import Finding
from engine.language.lint.context import LintContext
from engine.language.lint.rules.back_to_back_messages import back_to_back_messages
from engine.language.lint.rules.click_on_unsent_link import click_on_unsent_link
from engine.language.lint.rules.consent_without_text import consent_without_text
from engine.language.lint.rules.constant_condition import constant_condition
from engine.language.lint.rules.costly_text import costly_text
from engine.language.lint.rules.date_taken_away import date_taken_away
from engine.language.lint.rules.dear_fallback import dear_fallback
from engine.language.lint.rules.duplicate_step_id import duplicate_step_id
from engine.language.lint.rules.empty_branch import empty_branch
from engine.language.lint.rules.field_type_mismatch import field_type_mismatch
from engine.language.lint.rules.field_without_default import field_without_default
from engine.language.lint.rules.flow_exceeds_cap import flow_exceeds_cap
from engine.language.lint.rules.flow_test_references import flow_test_references
from engine.language.lint.rules.invalid_dates import invalid_dates
from engine.language.lint.rules.long_text import long_text
from engine.language.lint.rules.message_of_silent_step import message_of_silent_step
from engine.language.lint.rules.missing_disclosure import missing_disclosure
from engine.language.lint.rules.missing_exit import missing_exit
from engine.language.lint.rules.mms_fallback import mms_fallback
from engine.language.lint.rules.name_mismatch import name_mismatch
from engine.language.lint.rules.names_by_case import names_by_case
from engine.language.lint.rules.no_run_context import no_run_context
from engine.language.lint.rules.overlapping_triggers import overlapping_triggers
from engine.language.lint.rules.payload_mismatch import payload_mismatch
from engine.language.lint.rules.picture_shape import picture_shape
from engine.language.lint.rules.premature_question import premature_question
from engine.language.lint.rules.quiet_hours import quiet_hours
from engine.language.lint.rules.real_phone_number import real_phone_number
from engine.language.lint.rules.second_mms import second_mms
from engine.language.lint.rules.secret_in_file import secret_in_file
from engine.language.lint.rules.segment_references import segment_references
from engine.language.lint.rules.sender_fit import picture_without_way, sender_fit
from engine.language.lint.rules.senders_apart import senders_apart
from engine.language.lint.rules.since_target import since_target
from engine.language.lint.rules.skipped_at_night import skipped_at_night
from engine.language.lint.rules.still_collage import still_collage
from engine.language.lint.rules.text_too_long import text_too_long
from engine.language.lint.rules.text_warnings import text_warnings
from engine.language.lint.rules.undeclared_event import undeclared_event
from engine.language.lint.rules.undeclared_link import undeclared_link
from engine.language.lint.rules.undeclared_sender import undeclared_sender
from engine.language.lint.rules.unknown_field import unknown_field
from engine.language.lint.rules.unknown_saved_field import unknown_saved_field
from engine.language.lint.rules.unpriced_country import unpriced_country
from engine.language.lint.rules.unreachable_step import unreachable_step
from engine.language.lint.rules.unread_file import unread_file
from engine.language.lint.rules.unusable_image import unusable_image
from engine.language.lint.rules.wait_without_wakeup import wait_without_wakeup
from engine.language.model.unreadable import CannotSay

Rule = Callable[[LintContext], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    duplicate_step_id,
    since_target,
    message_of_silent_step,
    undeclared_link,
    undeclared_event,
    invalid_dates,
    unknown_field,
    name_mismatch,
    payload_mismatch,
    unknown_saved_field,
    consent_without_text,
    no_run_context,
    segment_references,
    undeclared_sender,
    senders_apart,
    field_without_default,
    text_too_long,
    text_warnings,
    unusable_image,
    picture_shape,
    still_collage,
    second_mms,
    mms_fallback,
    costly_text,
    missing_disclosure,
    unreachable_step,
    empty_branch,
    constant_condition,
    back_to_back_messages,
    flow_exceeds_cap,
    quiet_hours,
    missing_exit,
    overlapping_triggers,
    wait_without_wakeup,
    date_taken_away,
    skipped_at_night,
    click_on_unsent_link,
    premature_question,
    field_type_mismatch,
    secret_in_file,
    real_phone_number,
    unread_file,
    names_by_case,
    flow_test_references,
    long_text,
    dear_fallback,
    unpriced_country,
    sender_fit,
    picture_without_way,
)


def said_by(rule: Rule, world: LintContext) -> list[Finding]:
    """The findings of a rule. It may look at whatever it likes: where it comes to a value that could not be read, its answer would be a
    guess, so that it says no more of that file."""
    try:
        return list(rule(world))
    except CannotSay:
        parts = [world._replace(drafts=(draft,)) for draft in world.drafts]
        return [found for part in (world._replace(drafts=()), *parts) for found in _as_far_as(rule(part))]


def _as_far_as(findings: Iterable[Finding]) -> Iterator[Finding]:
    try:
        yield from findings
    except CannotSay:
        return
