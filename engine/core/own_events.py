"""The names of Leadoff's own events: what happens here, for triggers, `happened` and segments."""

from __future__ import annotations

SENT, DELIVERED, FAILED = "message.sent", "message.delivered", "message.failed"
CLICKED, RECEIVED = "link.clicked", "text.received"
SUBSCRIBED, UNSUBSCRIBED = "contact.subscribed", "contact.unsubscribed"

OF_MESSAGES = frozenset((SENT, DELIVERED, FAILED))
OF_CONSENT = frozenset((SUBSCRIBED, UNSUBSCRIBED))
