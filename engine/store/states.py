"""States and kinds: the small integers that the tables hold, their names, and each set of them that a statement asks for.

A message (M2). Only `queued` and `held` ones may be claimed; to the right of `sending` nothing is sent again on a guess (M3).

                  claim             taken
    queued ──────────────> sending ───────> accepted ──> sent ──> delivered | undelivered | failed
     │  ^                  ^  │ │
     v  │       claim      │  │ └─ no answer ──> unknown ──> accepted | sent | delivered | undelivered | failed
    held ─────────────────>┘  └─ certainly not taken ──> queued | held | failed

    from                              to                              written by
    (a step)                          queued, skipped                 outbox.insert, in the sprint's transaction
    queued, held                      held                            held_messages.hold and put_aside, rate.refuse and hold_refused
    held                              queued                          holds.resume, rate.accept_again
    queued, held                      cancelled, expired, skipped     outbox.drop, cancelling.py, forgetting.forget
    queued, held                      sending                         outbox.set_sending, before the first byte of the request
    sending                           accepted … unknown, queued …    outbox.settle (the answer), outbox.recover (after a crash)
    sending, unknown, accepted, sent  accepted … failed               reports.apply_status: a report, never backwards (M7)
    sending, unknown, accepted, sent  queued                          outbox.requeue: a report refused it for the account
    the same, and held for the tick   queued, skipped                 outbox.rewrite and end: a phone that takes no pictures
    queued, held, sending             unknown                         restored.mark: it may have been sent before a restore
    skipped (restored)                queued                          restored.send_left_out: a person says that it was not

A run.

    (an entry) ──> waiting ──> exited         runs.insert, runs.update: a sprint; runs.end: from outside, parked ones as well
                   │    ^
                   v    │
                   parked                     runs.park: its block raised; runs.retry: a person tries it again

A web call.

    queued ──> calling ──> done | failed      webhooks.set_calling, webhooks.settle; webhooks.insert writes `failed` where none can be made
      │  ^        │
      │  └────────┘                           webhooks.settle: it is tried again; webhooks.recover: after a crash
      └──> cancelled                          webhooks.cancel: its run has gone on

An entry of the inbox is `pending` from intake until the tick has consumed it; then it stays as a fact.

Invariants: a set of states has one name, and no statement spells out a number. A name with IS_ is SQL over the column of one table, so
`f"m.{IS_UNSENT}"` asks it of the table `m`. The partial indexes of tables.py are made from the same names: SQLite uses such an index only
where a statement repeats its condition.
"""

from __future__ import annotations

RUN_STATES = ("waiting", "parked", "exited")
MESSAGE_STATES = (
    "queued", "held", "sending", "accepted", "sent", "delivered", "undelivered", "failed",
    "cancelled", "expired", "skipped", "unknown",
)  # fmt: skip
EVENT_KINDS = ("event", "start", "click", "status", "inbound", "webhook")
CALL_STATES = ("queued", "calling", "done", "failed", "cancelled")

WAITING, PARKED, EXITED = range(3)
QUEUED, HELD, SENDING, ACCEPTED, SENT, DELIVERED, UNDELIVERED, FAILED, CANCELLED, EXPIRED, SKIPPED, UNKNOWN = range(12)
EVENT, START, CLICK, STATUS, INBOUND, WEBHOOK = range(6)
CALL_QUEUED, CALLING, CALL_DONE, CALL_FAILED, CALL_CANCELLED = range(5)


def one_of(states: tuple[int, ...]) -> str:
    """For a statement that runs once a row: of more than two, SQLite makes a table of an IN list each time, for 2.6 µs."""
    return "(" + " OR ".join(f"status = {state}" for state in states) + ")"


# Of a run:
IS_WAITING, IS_PARKED, IS_EXITED = (f"status = {state}" for state in (WAITING, PARKED, EXITED))
IS_ACTIVE = f"status < {EXITED}"
OF_EITHER_AGE = (IS_EXITED, IS_ACTIVE)  # all runs: each half has an index by contact, both together have none

# Of a message:
IS_UNSENT = f"status < {SENDING}"  # it may still be claimed, or dropped
IS_OPEN = f"status < {ACCEPTED}"  # it holds back later messages of its contact (M9)
IS_UNKNOWN = f"status = {UNKNOWN}"
TAKEN = (ACCEPTED, SENT, DELIVERED, UNDELIVERED)  # its provider has it
NEVER_LEFT = (FAILED, CANCELLED, EXPIRED, SKIPPED)
IS_TAKEN = f"status IN {TAKEN}"
HAS_LEFT = f"status IN {(*TAKEN, UNKNOWN)}"  # or may have
MAY_LEAVE = f"status NOT IN {NEVER_LEFT}"  # it has left, or still may
LEFT_OUT = "restored"
"""The reason of a text that is skipped because it may have left before the database was put back."""
IS_LEFT_OUT = f"reason = '{LEFT_OUT}'"  # beside HAS_LEFT and MAY_LEAVE, where a text that counts too little is worse than one too much
NEVER_SENT = (
    "sent_at = CASE WHEN sent_at IS NOT NULL THEN (SELECT MAX(a.started_at) FROM attempt a WHERE a.message = message.id"
    " AND a.outcome IN ('unknown', 'accepted')) END"
)
"""Of an unsent message that ends: a request that did not begin, or that its provider turned away, has sent nothing."""
IS_UNDECIDED = one_of((QUEUED, SENDING, UNKNOWN))  # the answer to its last attempt decides, also where that comes late
SETTLED = (DELIVERED, UNDELIVERED, FAILED)  # `settled_at` is when it became so, or was dropped
REPORTABLE = (SENDING, UNKNOWN, ACCEPTED, SENT)  # a provider's report may still change it
REPORT_FOLLOWS = {  # a reported state -> those that it may follow
    ACCEPTED: (SENDING, UNKNOWN),
    SENT: (SENDING, UNKNOWN, ACCEPTED),
    DELIVERED: REPORTABLE,
    UNDELIVERED: REPORTABLE,
    FAILED: REPORTABLE,
}

# Of a web call:
IS_CALL_OPEN = f"status < {CALL_DONE}"

# Of an entry of the inbox:
IS_PENDING = "pending = 1"

# Of a thread:
IS_UNANSWERED = "last_event > done_up_to"

SKIPS_QUIET, SKIPS_CAP = 1, 2  # bits of message.skips: `on_quiet: skip`, `on_cap: skip`
NO_MMS = 4  # another bit of it: written as its step's `otherwise`, for the phone takes no pictures

HELD_OUT = "held out"
"""The reason of a run that ends as it begins: its contact gets nothing of the flow (`holdout`)."""
ANSWERS = "@answers"
"""The flow, of no author's, whose steps are the answers that Leadoff writes by itself."""
ANSWER_STEPS = ("opt_out", "opt_in", "help", "away")
TESTS, TEST_STEP = "@tests", "test"
"""The flow, of no author's, of the messages that `send-test` writes."""
PEOPLE, PERSON_STEP = "@people", "answer"
"""The flow, of no author's, of the messages that people write in the inbox of the dashboard. The reason of such a run says who did."""
OURS = (ANSWERS, TESTS, PEOPLE)
ASKED_FOR = ("answer", "test", "person")
"""The categories of what somebody asked for, or wrote by hand: it waits behind no other message of its contact."""
TIMED = ("marketing", "person")
"""The categories that quiet hours hold."""

# What the tally counts (tally.py); of messages, IN_STATE + a state as well:
ENTERED, ENDED, AT, WENT = range(4)  # runs: entered the flow, left it, are at a step now, left a step by a way
WRITTEN, OMITTED, TOOK, INSTEAD = range(8, 12)  # messages: written, skipped, taken by a provider, as an `otherwise`
CLICKED, REPLIED, OPTED_OUT = range(16, 19)  # people: each once a step
IN_STATE = 32
GONE = 64
"""Added to each of these: what the tally has counted, and is deleted from the tables since (retention)."""
FAR = 1 << 60
"""An instant (UTC ms) behind all others: what waits for a person waits until then."""


def settled_at(state: int, at: int) -> int | None:
    """Of a message that a request or a report has brought to that state at `at`; None where another one may follow."""
    return at if state in SETTLED else None
