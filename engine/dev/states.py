"""GET /states: what a phone, a text and the strip look like in every state, at one fixed time: to be looked at when the style changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from engine.dev.acts import CONDITIONS
from engine.dev.studio import Strip
from engine.server.dashboard import conversation
from engine.server.dashboard.conversation import Bubble
from engine.store.queries.timeline import TimelineEntry
from engine.store.states import MESSAGE_STATES

NOW = 1_806_681_600_000  # Apr 2 2027, noon UTC
STRIPS = {
    "saved": Strip("✓ spring-drop · 2 texts differ", tests="12 tests pass"),
    "a test failed": Strip(
        "✗ spring-drop · the texts are the same", tests="1 test of 12 failed: `leadoff test`", failing=True
    ),
    "broken": Strip(
        "1 error: the phones show the last good files",
        broken='flows/spring-drop.yaml:10:5: error[LO202]: unknown step "dely"\n   |\n10 |     dely: 2d\n   |     ^^^^\n'
        '   = help: did you mean "delay"?',
    ),
}


_REPLIES: dict[str, dict[str, Any]] = {"a reply": {}, "a STOP": {"verdict": "stop"}, "may be a STOP": {"review": True}}


PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='240' height='300'%3E"
    "%3Crect width='240' height='300' fill='%237a8fb8'/%3E%3Ccircle cx='120' cy='130' r='60' fill='%23f2c14e'/%3E%3C/svg%3E"
)
"""Of a picture message: nothing is read to show the page."""


class Phone(NamedTuple):
    """A phone, with what stands on it."""

    name: str
    consent: str = "subscribed"
    bubbles: tuple[Bubble, ...] = ()
    stale: bool = False  # it shows the last good files
    quiet: bool = False  # it is quiet hours there


class Shown(NamedTuple):
    """A text, with the state that it is in. `was`: the text before a save."""

    name: str
    bubble: Bubble
    was: str = ""


def about() -> dict[str, Any]:
    """What the template of the page asks for."""
    return {"brand": "Acme", "zone": "UTC", "now": NOW, "strips": STRIPS, "texts": texts(), "phones": phones()}


def texts() -> list[Shown]:
    sent = [Shown(state, bubble) for state in MESSAGE_STATES for bubble in _bubbles(_message(state))]
    pictures = [Shown("a picture message", bubble) for bubble in _bubbles(_message("delivered", PICTURE))]
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
    return [*sent, *pictures, *waits, *replies, *changed]


def phones() -> list[Phone]:
    stop = TimelineEntry(NOW, "text", "", details={"text": "STOP", "verdict": "stop"})
    return [
        Phone("nothing yet"),
        Phone("quiet hours", quiet=True),
        Phone("as of the last good files", stale=True),
        Phone("opted out", "unsubscribed", (*_bubbles(_message("delivered")), *_bubbles(stop))),
        Phone("never asked", "unknown"),
        *(
            Phone(
                name,
                bubbles=tuple(_bubbles(_message(said.status if said else "accepted", reason=said and said.reason))),
            )
            for name, said in CONDITIONS.items()
        ),
    ]


def _message(state: str, media: str = "", reason: str | None = "a reason, in a few words") -> TimelineEntry:
    details: dict[str, Any] = {
        "status": state,
        "text": "Acme: Still thinking, Ada? 10% off today",
        "media": media,
        "by_person": None,
    }
    details["reason"] = reason if state not in ("sent", "delivered", "accepted") else None
    return TimelineEntry(NOW, "message", "", "spring-drop", None, "reminder", details)


def _bubbles(moment: TimelineEntry) -> Iterator[Bubble]:
    yield from conversation.bubbles([moment])
