"""States and kinds as the small integers that the tables hold, with their names; flows and instants that are no author's."""

from __future__ import annotations

RUN_STATES = ("waiting", "parked", "exited")
MESSAGE_STATES = (
    "queued", "held", "sending",  # open: they hold back later messages of the contact (M9)
    "accepted", "sent", "delivered", "undelivered", "failed",
    "cancelled", "expired", "skipped", "unknown",
)  # fmt: skip
EVENT_KINDS = ("event", "start", "click", "status", "inbound", "webhook")
WEBHOOK_STATES = ("queued", "calling", "done", "failed", "cancelled")

WAITING, PARKED, EXITED = range(3)
SKIPS_QUIET, SKIPS_CAP = 1, 2  # bits of message.skips: `on_quiet: skip`, `on_cap: skip`
NO_MMS = 4  # another bit of it: written as its step's `otherwise`, for the phone takes no pictures
ANSWERS = "@answers"
"""The flow, of no author's, whose steps are our own answers to STOP, START and HELP."""
ANSWER_STEPS = ("opt_out", "opt_in", "help")
TESTS, TEST_STEP = "@tests", "test"
"""The flow, of no author's, of the messages that `send-test` writes."""
OURS = (ANSWERS, TESTS)
FAR = 1 << 60
"""An instant (UTC ms) behind all others: what waits for a person waits until then."""
QUEUED, HELD, SENDING, ACCEPTED, SENT, DELIVERED, UNDELIVERED, FAILED, CANCELLED, EXPIRED, SKIPPED, UNKNOWN = range(12)
EVENT, START, CLICK, STATUS, INBOUND, WEBHOOK = range(6)
