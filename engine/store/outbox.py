"""The outbox: from the step that writes a message to the last report of its provider. The states are drawn in states.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from engine.core.context import Run
from engine.core.effects import LinkUse, SendMessage, Skip
from engine.core.retry import LEASE_MS, ask_at, retry_at
from engine.store import cards, former_numbers, journal, links, tally
from engine.store.held_messages import held_until
from engine.store.interned_names import Names
from engine.store.journal import JournalEntry
from engine.store.sql import AMONG, Connection, listed, number, tuples
from engine.store.states import (
    ACCEPTED,
    ASKED_FOR,
    FAR,
    HELD,
    IS_EXITED,
    IS_LEFT_OUT,
    IS_OPEN,
    IS_UNDECIDED,
    IS_UNSENT,
    LEFT_OUT,
    NEVER_SENT,
    NO_MMS,
    QUEUED,
    SENDING,
    SKIPPED,
    SKIPS_CAP,
    SKIPS_QUIET,
    TIMED,
    UNKNOWN,
    settled_at,
)


class Queued(NamedTuple):
    """A message that may be claimed, with what its gates look at."""

    id: int
    contact: int
    run: int
    step: int
    flow: int
    category: str
    text: str
    media: str | None
    parts: int
    attempts: int
    queued_at: int
    expires_at: int | None
    price: int
    skips: int
    phone: str
    region: str
    fields: str | None  # JSON
    unreachable: str | None
    consent: str | None
    consent_ends: int | None = None
    ended: str | None = None  # of one whose request was under way before: why nothing more leaves

    def waits_for(self, by: str) -> bool:
        """Whether it is to wait while `quiet` hours or a `cap` hold it; else it is skipped."""
        return not self.skips & _BITS[by]


class Result(NamedTuple):
    """What became of one request."""

    message: int
    state: int  # ACCEPTED | QUEUED (deferred) | HELD (refused for the account, no_mms) | FAILED | UNKNOWN
    started: int
    ended: int
    outcome: str  # accepted | deferred | refused (for the account) | rejected | no_mms | unknown | stale
    provider_id: str | None = None
    code: str | None = None
    reason: str | None = None
    due: int | None = None  # of a deferred one; of an unknown one, when its provider is asked
    whole_sender: int | None = None  # the sender's circuit stays open until then
    opted_out: bool = False  # the provider knows of a STOP that we missed
    unreachable: bool = False  # no text reaches the number, as `reason` says
    too_large: bool = False
    attempt: int | None = None  # which one of the message, from 1; None: the last


PASSED = "passed before: nothing is sent a second time"
NO_ATTEMPT = ("stale", "refused")  # outcomes that count as none
NO_ROW = ("stale", "accepted")
Written = tuple[Run, SendMessage | Skip]


def insert(
    db: Connection,
    written: Iterable[Written],
    now: int,
    deployment: int,
    names: Names,
    due: int | None = None,
    left_out: bool = False,
) -> None:
    """Outbox rows and their links, in the sprint's own transaction (M1). `due`: where they stand in the queue; None: behind the others.

    `left_out`: they may have been sent before a restore, so they are skipped.
    A run that comes to a step again, because an edit has put that further down, writes nothing a second time.
    """
    rows: list[tuple[Any, ...]] = []
    tracked: list[tuple[tuple[int, int, int], LinkUse]] = []
    written = list(written)
    waiting = {run.contact for run, effect in written if isinstance(effect, SendMessage)}
    behind = held_until(db, waiting, now) if waiting else {}
    for run, effect in written:
        flow = names.flow_ids[run.flow]
        step = names.step_ids[flow, effect.step]
        key = (run.contact, run.id, step, flow, deployment)
        if isinstance(effect, SendMessage):
            sent = (effect.sender, effect.category, effect.text, effect.media, effect.parts, effect.price)
            expires = effect.expires_at
            if expires is not None and effect.category == "marketing" and run.contact in behind:
                expires += behind[run.contact] - now
            state, why = (SKIPPED, LEFT_OUT) if left_out else (QUEUED, None)
            rows.append((*key, state, *sent, now, now if due is None else due, expires, why, _bits(effect)))
            tracked.extend(((run.contact, run.id, step), link) for link in effect.links)
        else:
            rows.append((*key, SKIPPED, None, "", "", None, 0, 0, now, now, None, effect.reason, 0))
    made = db.many(
        "INSERT INTO message (contact, run, step, flow, deployment, status, sender, category, text, media, parts, price, queued_at, due_at,"
        " expires_at, reason, skips, attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)"
        " ON CONFLICT (contact, run, step) DO NOTHING",
        rows,
    )
    cards.give(db, written, names, now)
    if tracked:
        links.insert(db, tracked, now)
    if left_out:  # by then it has left, if it has: caps count it
        sql = f"UPDATE message SET sent_at = queued_at WHERE contact = ? AND run = ? AND step = ? AND {IS_LEFT_OUT}"
        db.many(sql, [row[:3] for row in rows])
    if made.rowcount < len(rows):
        before = _note_passed(db, written, now, names)
        rows = [row for row in rows if row[1:3] not in before]
    _count(db, rows, now)


_COUNTED = itemgetter(
    3, 4, 2, 6, 5, 15, 16
)  # of a row as `insert` writes it: the columns of tally.Message that may differ


def _count(db: Connection, inserted: Iterable[tuple[Any, ...]], now: int) -> None:
    found: Counter[Any] = Counter()
    for (flow, deployment, step, sender, state, why, skips), n in Counter(map(_COUNTED, inserted)).items():
        found[tally.Message(flow, deployment, step, sender, state, why, 0, skips & NO_MMS, 0)] += n
    tally.became(db, now, {}, found)


def _note_passed(db: Connection, written: Sequence[Written], now: int, names: Names) -> set[tuple[int, int]]:
    """Of the messages that were there before; (run, step) of these."""
    sql = f"SELECT run, step FROM message WHERE contact {AMONG} AND run {AMONG} AND queued_at < ?"
    contacts, ids = {run.contact for run, _ in written}, {run.id for run, _ in written}
    before = set(db.execute(sql, (listed(contacts), listed(ids), now)))
    lines = [
        JournalEntry(run.contact, run.flow, "noted", run.id, effect.step, PASSED)
        for run, effect in written
        if (run.id, names.step_ids[names.flow_ids[run.flow], effect.step]) in before
    ]
    journal.write(db, lines, now, names)
    return before


_BITS = {"quiet": SKIPS_QUIET, "cap": SKIPS_CAP}


def _bits(effect: SendMessage) -> int:
    bits = NO_MMS if effect.no_mms else 0
    for by in effect.skips:
        bits |= _BITS[by]
    return bits


_HOLDS_BACK = (
    f"CASE WHEN m.category = 'marketing' THEN o.due_at < {FAR} OR o.expires_at IS NULL OR o.expires_at >= ?"
    f" WHEN o.category NOT IN {TIMED} THEN o.due_at < {FAR}"
    f" ELSE o.status <> {HELD} AND NOT EXISTS (SELECT 1 FROM message h WHERE h.contact = o.contact AND h.id < o.id AND h.{IS_OPEN}"
    f" AND h.status = {HELD} AND h.category IN {TIMED}) END"
)


def claim(db: Connection, sender: str, now: int, limit: int) -> list[Queued]:
    """Those of `due` with whose contacts nobody else works; they and their contacts are held.

    What the gates look at is read behind the statement that holds them: what others have changed until then is seen.
    """
    ids = [id for (id,) in db.claim(_DUE, (sender, now, now, limit), of="m, c")]
    if not ids:
        return []
    sql = (
        "SELECT m.id, m.contact, m.run, m.step, m.flow, m.category, m.text, m.media, m.parts, m.attempts, m.queued_at, m.expires_at,"
        f" m.price, m.skips, c.phone, c.region, c.fields, c.unreachable, k.status, k.expires_at, {former_numbers.REASON}"
        " FROM message m CROSS JOIN contact c LEFT JOIN consent k ON k.phone = c.phone"
        f" LEFT JOIN run r ON r.id = m.run AND m.sent_at IS NOT NULL AND r.{IS_EXITED}"
        f" WHERE c.id = m.contact AND m.id {AMONG}"
    )
    found = {message.id: message for message in tuples(db, Queued, sql, (listed(ids),))}
    return [found[id] for id in ids]


class Due(NamedTuple):
    """A message that is due, and what it costs."""

    id: int
    flow: int
    price: int


def due(db: Connection, sender: str, now: int, limit: int) -> list[Due]:
    """Due messages of a sender in due order, only the first open one of each contact (M9).

    What was asked for, or written by hand, is not held back. What quiet hours or caps hold, or waits behind such, and what a paused flow
    keeps (until it expires) hold back marketing only.
    """
    return tuples(db, Due, _DUE.replace("m.id", "m.id, m.flow, m.price", 1), (sender, now, now, limit))


_DUE = (
    f"SELECT m.id FROM message m CROSS JOIN contact c WHERE c.id = m.contact AND m.{IS_UNSENT} AND m.sender = ? AND m.due_at <= ?"
    f" AND (m.category IN {ASKED_FOR} OR"
    f" NOT EXISTS (SELECT 1 FROM message o WHERE o.contact = m.contact AND o.id < m.id AND o.{IS_OPEN} AND {_HOLDS_BACK}))"
    " ORDER BY m.due_at, m.id LIMIT ?"
)


def set_sending(db: Connection, ids: Iterable[int], now: int) -> None:
    """`due_at` is the end of the lease: whose result is not there by then, that of them is not known (`recover`)."""
    sql = f"UPDATE message SET status = {SENDING}, attempts = attempts + 1, sent_at = ?, due_at = ?, reason = NULL WHERE id = ?"
    db.many(sql, [(now, now + LEASE_MS, id) for id in ids])


def drop(db: Connection, dropped: Sequence[tuple[int, int, str]], now: int) -> None:
    """(message, CANCELLED | EXPIRED | SKIPPED, reason) for messages that are still to leave."""
    sql = f"UPDATE message SET status = ?, reason = ?, settled_at = ?, {NEVER_SENT} WHERE id = ? AND {IS_UNSENT}"
    with tally.changing(db, now, [id for id, *_ in dropped]):
        db.many(sql, [(s, why, now, id) for id, s, why in dropped])


def settle(db: Connection, results: Sequence[Result], now: int) -> None:
    """Store the provider's answers, late ones as well: also where a lease has expired, an answer says what became of that attempt.

    Where a callback came first, its state stays and only the id is kept (M7). That of one which its callback has sent back to the queue,
    or that another attempt has followed, is over. An accepted request has no row of its own: its message tells it.
    """
    decides = f"WHERE id = ? AND attempts = COALESCE(?, attempts) AND {IS_UNDECIDED}"
    if not results:
        return
    accepted = [r for r in results if r.outcome == "accepted"]
    rest = [r for r in results if r.outcome != "accepted"]
    these = listed(r.message for r in results)
    before = tally.messages(db, f"id {AMONG}", (these,))
    made = db.many(
        f"UPDATE message SET status = {ACCEPTED}, provider_id = ?, reason = NULL {decides}",
        [(r.provider_id, r.message, r.attempt) for r in accepted],
    )
    if made.rowcount < len(accepted):
        db.many(
            f"UPDATE message SET provider_id = COALESCE(provider_id, ?) WHERE id = ? AND attempts = COALESCE(?, attempts)"
            f" AND NOT {IS_UNSENT}",
            [(r.provider_id, r.message, r.attempt) for r in accepted],
        )
    db.many(
        "UPDATE message SET status = ?, reason = ?, settled_at = ?, due_at = COALESCE(?, queued_at),"
        f" attempts = attempts - ? {decides}",
        [
            (r.state, r.reason, settled_at(r.state, r.ended), r.due, int(r.outcome in NO_ATTEMPT), r.message, r.attempt)
            for r in rest
        ],
    )
    after = tally.all_accepted(before) if made.rowcount == len(results) else tally.messages(db, f"id {AMONG}", (these,))
    tally.became(db, now, before, after)
    db.many(
        "INSERT INTO attempt (message, started_at, ended_at, outcome, code, detail) VALUES (?, ?, ?, ?, ?, ?)",
        [(r.message, r.started, r.ended, r.outcome, r.code, r.reason) for r in rest if r.outcome not in NO_ROW],
    )


def _keep_accepted(db: Connection, id: int) -> None:
    """A row for the request that its provider has accepted, before its message tells of another one."""
    db.execute(
        "INSERT INTO attempt (message, started_at, ended_at, outcome) SELECT id, sent_at, sent_at, 'accepted' FROM message"
        " WHERE id = ? AND provider_id IS NOT NULL AND sent_at IS NOT NULL",
        (id,),
    )


def rewrite(db: Connection, id: int, effect: SendMessage, deployment: int, key: tuple[int, int, int], now: int) -> None:
    """A message that was not delivered goes out in another form: under its own key, in its old place in the queue."""
    _keep_accepted(db, id)
    with tally.changing(db, now, [id]):
        db.execute(
            f"UPDATE message SET status = {QUEUED}, due_at = queued_at, attempts = 0, provider_id = NULL, reason = NULL, deployment = ?,"
            " sender = ?, text = ?, media = ?, parts = ?, price = ?, skips = ? WHERE id = ?",
            (deployment, effect.sender, effect.text, effect.media, effect.parts, effect.price, _bits(effect), id),
        )
    links.insert(db, [(key, link) for link in effect.links], now)


def end(db: Connection, id: int, state: int, reason: str, now: int) -> None:
    """SKIPPED or FAILED: a message that was not delivered."""
    with tally.changing(db, now, [id]):
        sql = "UPDATE message SET status = ?, reason = ?, settled_at = ? WHERE id = ?"
        db.execute(sql, (state, reason, settled_at(state, now), id))


def requeue(db: Connection, id: int, now: int) -> None:
    """Where it was in the queue, with the attempt taken back; the provider's id is of a message that has failed."""
    _keep_accepted(db, id)
    sql = f"UPDATE message SET status = {QUEUED}, due_at = queued_at, attempts = attempts - 1, provider_id = NULL, reason = NULL"
    with tally.changing(db, now, [id]):
        db.execute(f"{sql} WHERE id = ?", (id,))


def id_of(db: Connection, contact: int, run: int) -> int:
    """Of a run that has written one message."""
    return number(db, "SELECT id FROM message WHERE contact = ? AND run = ?", (contact, run)) or 0


def recover(db: Connection, now: int, resend: Collection[str] = (), until: int = FAR) -> int:
    """What is `sending` under a lease that ends by `until` has lost its daemon: it may have been accepted, so it is `unknown` and never
    sent again blindly (M3).

    Senders in `resend` prefer twice to never: theirs are tried again, as after an unknown answer. How many there were.
    """
    rows = db.claim(
        f"SELECT id, sender, attempts, sent_at FROM message WHERE {IS_OPEN} AND status = {SENDING} AND due_at <= ?",
        (until,),
        of="message",
    ).fetchall()
    reason = "the process ended during the request"
    results = []
    for id, sender, attempts, sent in rows:
        again = retry_at(now, attempts, id, None) if sender in resend else None
        if again is not None:
            results.append(Result(id, QUEUED, sent, now, "unknown", reason=reason, due=again))
        else:
            results.append(Result(id, UNKNOWN, sent, now, "unknown", reason=reason, due=ask_at(now, sent) or FAR))
    settle(db, results, now)
    return len(rows)
