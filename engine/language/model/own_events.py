"""The fields of Leadoff's own events, which no project declares.

Invariants: nobody sends or emits one. None leads to another of a message, so they start no loop (R5).
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.own_events import CLICKED, DELIVERED, FAILED, RECEIVED, SENT, SUBSCRIBED, UNSUBSCRIBED
from engine.language.values.fields import FieldSpec

LONGEST_TEXT_SHOWN = 160  # of what a person wrote

_NAME = FieldSpec(max=64, required=True)
_MESSAGE = {"flow": _NAME, "step": _NAME, "category": FieldSpec(required=True), "kind": FieldSpec(max=3, required=True)}
_CONSENT = {"source": FieldSpec(max=100, required=True)}

OWN_EVENTS: Mapping[str, Mapping[str, FieldSpec]] = {
    SENT: _MESSAGE,
    DELIVERED: _MESSAGE,
    FAILED: {**_MESSAGE, "reason": FieldSpec(max=200)},
    CLICKED: {"link": _NAME, "flow": _NAME, "step": _NAME},
    RECEIVED: {"text": FieldSpec(max=LONGEST_TEXT_SHOWN, limit=LONGEST_TEXT_SHOWN)},
    SUBSCRIBED: _CONSENT,
    UNSUBSCRIBED: _CONSENT,
}
"""Name -> its fields."""
CANNOT_BE_SENT = "Leadoff itself makes this event; nobody sends it"
