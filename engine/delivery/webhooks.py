"""The web calls of steps, at least once each (W1): claim what is due, call, store the answer, wake the run.

    claim    one write transaction: `calling` on disk; a call whose run has gone on is cancelled
    send     the call, outside of any transaction; every answer becomes a Result
    settle   one write transaction for all results; a call that is over puts an entry into the inbox

Invariants: after a crash, what was `calling` is called again under the same Idempotency-Key. The journal names the host and path of a
call, never its query, headers or body.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from typing import Any

import orjson

from engine.core.effects import CallWebhook
from engine.core.retry import retry_at
from engine.delivery.outbox import Claim
from engine.delivery.web_call import CallAnswer, CallDeferred, CallRefused, Request
from engine.deploy.deployed import Deployed
from engine.store import webhooks
from engine.store.database import Database
from engine.store.sql import Connection
from engine.store.states import CALL_DONE, CALL_FAILED, CALL_QUEUED
from engine.store.storable import storable_json
from engine.store.webhooks import Due, Result

log = logging.getLogger("leadoff.delivery")
Call = Callable[[Request, Collection[str]], CallAnswer]


class Webhooks:
    """Everything that a pool or a pump needs. `wake` is called when runs have to be woken."""

    name = "webhooks"

    def __init__(
        self,
        database: Database,
        deployed: Callable[[], Deployed],
        call: Call,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._deployed = deployed
        self._call = call
        self._wake = wake

    def claim(self, now: int, limit: int) -> Claim[Due]:
        """At most `limit` calls that are due."""
        return self._database.write(lambda db: _claim(db, now, limit))

    def send(self, due: Due, claimed_at: int, clock: Callable[[], int]) -> Result:
        """One attempt and what became of it. Never raises."""
        call, attempt = due.call, due.attempts + 1
        target = f"{call.method} {call.url.partition('?')[0]}"
        request = Request(call.method, call.url, {**call.headers, "Idempotency-Key": call.key}, call.body, call.timeout)
        try:
            answer = self._call(request, self._deployed().project.webhooks.allow_hosts)
        except CallRefused as error:
            return Result(due, CALL_FAILED, f"{target} failed: {error.message}", clock())
        except CallDeferred as error:
            again = retry_at(clock(), attempt, due.id, error.retry_at)
            if again is None:
                return Result(due, CALL_FAILED, f"{target} given up: {error.message}", clock())
            return Result(due, CALL_QUEUED, f"{target} is tried again: {error.message}", clock(), again)
        except Exception:  # a bug must not keep the run for ever
            log.exception("web call %s failed by a bug in Leadoff", due.id)
            return Result(due, CALL_FAILED, f"{target} failed: a bug in Leadoff", clock())
        return Result(due, CALL_DONE, f"{target} answered {answer.status}", clock(), None, found(call, answer.body))

    def settle(self, results: Sequence[Result], now: int) -> None:
        if results:
            names = self._deployed().names
            self._database.write(lambda db: webhooks.settle(db, results, now, names))
            self._wake()

    def next_due(self, now: int) -> int | None:
        """The first instant at which a claim may bring something."""
        with self._database.reading() as db:
            return webhooks.next_due(db)

    def close(self) -> None:
        """Nothing is kept open between calls."""


def _claim(db: Connection, now: int, limit: int) -> Claim[Due]:
    db.world()
    due = webhooks.claim(db, now, limit)
    wanted = tuple(each for each in due if each.wanted)
    webhooks.cancel(db, [each.id for each in due if not each.wanted])
    webhooks.set_calling(db, [each.id for each in wanted], now)
    return Claim(wanted, now if len(due) == limit else None, now)


def found(call: CallWebhook, body: bytes) -> dict[str, Any]:
    """What is at the places of a JSON answer that are to be saved; nothing of one that is no JSON."""
    if not call.save:
        return {}
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    missing = object()
    values: dict[str, Any] = {}
    for path in call.save:
        value = answer
        for key in path.split("."):
            value = value.get(key, missing) if isinstance(value, dict) else missing
        if value is not missing:
            values[path] = storable_json(value)
    return values


def pretend(request: Request, allowed: Collection[str]) -> CallAnswer:
    """In place of a Caller, where nothing may leave the machine: everything is answered, with nothing in it."""
    return CallAnswer(200, {}, b"{}")
