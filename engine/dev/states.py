"""GET /states: what a phone, a text and the strip look like in every state, at one fixed time: to be looked at when the style changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.dev.studio import Strip
from engine.server.dashboard import conversation
from engine.server.dashboard.conversation import Bubble
from engine.store.queries.timeline import TimelineEntry
from engine.store.states import MESSAGE_STATES

NOW = 1_806_681_600_000  # Apr 2 2027, noon UTC
STRIPS = {
    "saved": Strip("✓ spring-drop · 2 texts differ", tests="12 tests pass"),
    "a test failed": Strip(
        "✓ spring-drop · the texts are the same", tests="1 test of 12 failed: `leadoff test`", failing=True
    ),
    "broken": Strip(
        "1 error: the phones show the last good files",
        broken='flows/spring-drop.yaml:9:11: error[LO101]: "dely" is no verb\n  |\n9 |   - id: think\n  |     ^^^^',
    ),
}


_REPLIES: dict[str, dict[str, Any]] = {"a reply": {}, "a STOP": {"verdict": "stop"}, "may be a STOP": {"review": True}}


class Shown(NamedTuple):
    """A text, with the state that it is in. `was`: the text before a save."""

    name: str
    bubble: Bubble
    was: str = ""


def texts() -> list[Shown]:
    sent = [Shown(state, bubble) for state in MESSAGE_STATES for bubble in _bubbles(_message(state))]
    waits = [Shown("still to leave", bubble) for bubble in _bubbles(_message("held")._replace(kind="queued"))]
    replies = [
        Shown(name, bubble)
        for name, details in _REPLIES.items()
        for bubble in _bubbles(TimelineEntry(NOW, "text", "", details={"text": "please stop", **details}))
    ]
    changed = [
        Shown("another one since the save", bubble, "Acme: Still thinking? 15% off")
        for bubble in _bubbles(_message("delivered"))
    ]
    return [*sent, *waits, *replies, *changed]


def _message(state: str) -> TimelineEntry:
    details: dict[str, Any] = {
        "status": state,
        "text": "Acme: Still thinking, Ada? 10% off today",
        "media": "",
        "by_person": None,
    }
    details["reason"] = "a reason, in a few words" if state not in ("sent", "delivered", "accepted") else None
    return TimelineEntry(NOW, "message", "", "spring-drop", None, "reminder", details)


def _bubbles(moment: TimelineEntry) -> Iterator[Bubble]:
    yield from conversation.bubbles([moment])
