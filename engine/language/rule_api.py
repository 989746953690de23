"""What authors of rules import: the rules of Leadoff use nothing else of the engine but engine.messaging.

    the contract     LintContext, Finding, Severity
    the files        Draft, SegmentDraft, FlowTestDraft, Document; PROJECT_FILE, SenderModel, SourceModel, FieldSpec of leadoff.yaml
    places           PlacedValue, Loc, Span, place_of, value_at; finding, where there is no draft
    words            nearest, did_you_mean, kind_of, visible
    steps            Step, walk, BrokenStep; Message, message_of; the triggers
    paths            walk_paths, arrivals, first_sends
    conditions       Condition, Reference, Tree and its nodes, satisfiability
    texts, costs     Text, Translations, ByLanguage, languages_in, Shown, lengths, Pricing

Invariants: a name stays as long as the minor version.
"""

from __future__ import annotations

from engine.core.block import Step
from engine.core.calendar import resolve, wall_of
from engine.core.gates.caps import Cap
from engine.core.gates.local_rules import OFF
from engine.core.own_events import OF_CONSENT, OF_MESSAGES, RECEIVED, UNSUBSCRIBED
from engine.language.conditions import satisfiability
from engine.language.conditions.condition import Condition, Reference
from engine.language.conditions.tree import All, AnyOf, Replied, Tree
from engine.language.diagnostics.findings import Finding, Loc, Severity, Span, did_you_mean, nearest, visible
from engine.language.diagnostics.wording import kind_of
from engine.language.lint.context import (
    PROJECT_FILE,
    TEST_ENDING,
    Draft,
    FlowTestDraft,
    LintContext,
    PlacedValue,
    SegmentDraft,
    finding,
    value_at,
)
from engine.language.lint.costs import Pricing
from engine.language.lint.paths import walk_paths
from engine.language.lint.reachability import PathSinceSend, PathState, arrivals, first_sends
from engine.language.model.event_pictures import CollageOfEvent, ImageOfEvent
from engine.language.model.flow_test import CONSENTS, Expectation, Happening
from engine.language.model.flow_test_cases import FlowTestCase, Placed, cases_of, expectations, happenings, levels
from engine.language.model.message import Message, message_of
from engine.language.model.own_events import CANNOT_BE_SENT, OWN_EVENTS
from engine.language.model.project import NORTH_AMERICA, SenderModel
from engine.language.model.segments import with_referenced
from engine.language.model.sources import SourceModel
from engine.language.model.steps import place_of, walk
from engine.language.model.triggers import (
    DateTrigger,
    EventTrigger,
    KeywordTrigger,
    Schedule,
    ScheduleTrigger,
    SegmentTrigger,
    Trigger,
)
from engine.language.model.unreadable import UNREADABLE
from engine.language.model.until import OnDate
from engine.language.model.validation_context import BrokenStep
from engine.language.source.strict_yaml import Document
from engine.language.templates.lengths import lengths
from engine.language.templates.text import Shown, Text
from engine.language.templates.translations import Translations
from engine.language.values.by_language import ByLanguage, languages_in
from engine.language.values.fields import (
    BUILT_IN_FIELDS,
    MOST_ROWS,
    BadValue,
    FieldSpec,
    convert,
    convert_named,
)
from engine.language.values.scalars import is_number, names_value, parse_duration
from engine.sources.kinds import secret_variables

__all__ = [
    "BUILT_IN_FIELDS", "CANNOT_BE_SENT", "CONSENTS", "MOST_ROWS", "NORTH_AMERICA", "OFF", "OF_CONSENT", "OF_MESSAGES", "OWN_EVENTS",
    "PROJECT_FILE", "RECEIVED", "TEST_ENDING", "UNREADABLE", "UNSUBSCRIBED", "All", "AnyOf", "BadValue", "BrokenStep", "ByLanguage",
    "Cap", "CollageOfEvent", "Condition", "DateTrigger", "Document", "Draft", "EventTrigger", "Expectation", "FieldSpec", "Finding",
    "FlowTestCase", "FlowTestDraft", "Happening", "ImageOfEvent", "KeywordTrigger", "LintContext", "Loc", "Message", "OnDate",
    "PathSinceSend", "PathState", "Placed", "PlacedValue", "Pricing", "Reference", "Replied", "Schedule", "ScheduleTrigger", "SegmentDraft",
    "SegmentTrigger", "SenderModel", "Severity", "Shown", "SourceModel", "Span", "Step", "Text", "Translations", "Tree", "Trigger",
    "arrivals", "cases_of", "convert", "convert_named", "did_you_mean", "expectations", "finding", "first_sends", "happenings", "is_number",
    "kind_of", "languages_in", "lengths", "levels", "message_of", "names_value", "nearest", "parse_duration", "place_of", "resolve",
    "satisfiability", "secret_variables", "value_at", "visible", "walk", "walk_paths", "wall_of", "with_referenced",
]  # fmt: skip
