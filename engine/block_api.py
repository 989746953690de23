"""What authors of blocks import: the blocks of Leadoff use nothing else of the engine, and those of other packages need no more.

    the contract     Block, Step; Next, Wait, Branch, Exit
    effects          SendMessage, UpdateContact, EmitEvent, CallWebhook, Skip, Noted
    what it reads    Context, Facts and the kinds of facts, Settings; Needs names the facts that are fetched
    types of fields  Text, Condition, Steps, DurationText, UntilText, MediaPath, EventName, SettableField …
    mistakes         problem, wrong_kind, one_of; reading_of where a field reads a mapping or list by itself
    time             DAY, Duration, Due, after, resolve, wall_of
    messages         Message; Candidate and the gates; count, price

Invariants: a name stays as long as the minor version.
"""

from __future__ import annotations

from engine.core.block import Block, Branch, Exit, Next, Outcome, Step, Wait
from engine.core.calendar import DAY, Due, Duration, resolve, wall_of
from engine.core.context import Context, FlowHead, NoCoupon, Run, SenderProfile, Settings, Test
from engine.core.due_origins import HOLD, after
from engine.core.effects import (
    CallWebhook,
    Effect,
    EmitEvent,
    FetchPicture,
    LinkUse,
    Noted,
    SendMessage,
    ShowPicture,
    Skip,
    UpdateContact,
)
from engine.core.event_pictures import EventPicture
from engine.core.facts import NOTHING, ClickFact, EventFact, Facts, MessageFact, Needs, Person, ReplyFact, WebhookFact
from engine.core.gates import Candidate, Decided, Hold, Never, are_counted, decided_alike, first_verdict, opens_at
from engine.core.lots import WHOLE, drawn
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.findings import nearest
from engine.language.diagnostics.wording import one_of, problem, wrong_kind
from engine.language.model.event_pictures import ACollage, AnImage, picture_name, picture_of_event
from engine.language.model.flow import Category, FilledText
from engine.language.model.media_path import Collage, MediaPath, name_of
from engine.language.model.message import Message
from engine.language.model.steps import Steps, read_steps
from engine.language.model.unreadable import UNREADABLE
from engine.language.model.until import NextTime, OnDate, UntilText
from engine.language.model.until import describe as until_words
from engine.language.model.until import due as until_due
from engine.language.model.validation_context import lenient, reading_of, salvaged, unread_steps
from engine.language.model.web_calls import (
    AnswerPath,
    CallBody,
    CallUrl,
    HeaderName,
    HeaderText,
    Timeout,
    filled_body,
    filled_header,
    filled_url,
)
from engine.language.templates.payloads import PayloadText, SettableField, Tag, filled
from engine.language.templates.text import MissingValue, Text
from engine.language.templates.translations import MessageText
from engine.language.values.humanize import condition_words, duration_words, moment_words
from engine.language.values.scalars import (
    DurationText,
    EventName,
    FieldName,
    Flag,
    SenderName,
    StepId,
    parse_id,
    parse_text,
    parse_whole,
)
from engine.language.values.strict import Strict
from engine.language.values.urls import with_utm
from engine.messaging.compliance_texts import introduced
from engine.messaging.media.contact_card import OWN as OWN_CARD
from engine.messaging.media.contact_card import is_card
from engine.messaging.parts import count
from engine.messaging.prices import price
from engine.messaging.smart_encoding import smart

__all__ = [
    "DAY", "HOLD", "NOTHING", "OWN_CARD", "UNREADABLE", "WHOLE", "ACollage", "AnImage", "AnswerPath", "Block", "Branch",
    "CallBody", "CallUrl", "CallWebhook", "Candidate", "Category", "ClickFact", "Collage", "Condition", "Context", "Decided", "Due",
    "Duration", "DurationText", "Effect", "EmitEvent", "EventFact", "EventName", "EventPicture", "Exit", "Facts", "FetchPicture",
    "FieldName", "FilledText", "Flag", "FlowHead", "HeaderName", "HeaderText", "Hold", "LinkUse", "MediaPath", "Message", "MessageFact",
    "MessageText", "MissingValue", "Needs", "Never", "Next", "NextTime", "NoCoupon", "Noted", "OnDate", "Outcome", "PayloadText", "Person",
    "ReplyFact", "Run", "SendMessage", "SenderName", "SenderProfile", "SettableField", "Settings", "ShowPicture", "Skip", "Step", "StepId",
    "Steps", "Strict", "Tag", "Test", "Text", "Timeout", "UntilText", "UpdateContact", "Wait", "WebhookFact", "after", "are_counted",
    "condition_words", "count", "decided_alike", "drawn", "duration_words", "filled", "filled_body", "filled_header", "filled_url",
    "first_verdict", "introduced", "is_card", "lenient", "moment_words", "name_of", "nearest", "one_of", "opens_at",
    "parse_id", "parse_text", "parse_whole", "picture_name", "picture_of_event", "price", "problem", "read_steps", "reading_of", "resolve",
    "salvaged", "smart", "unread_steps", "until_due", "until_words", "wall_of", "with_utm", "wrong_kind",
]  # fmt: skip
