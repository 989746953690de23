"""`notify`: an address that is told of each new notice, and of the daemon becoming unready and ready again.

    claim    one write transaction: what is due is leased
    send     the call, outside of any transaction, to public addresses only, as the web calls of steps (W1)
    settle   one write transaction: what was taken is removed, the rest is due later

Invariants: at least once each, under an Idempotency-Key that stays the same. An alarm that the database cannot take (that may be what it is
about) is kept in memory and told from there. It holds no whole number and no text of a person. The log names the host alone, because the
path of such an address is often a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from pydantic_core import PydanticCustomError

from engine.clock import instant
from engine.core.retry import backoff
from engine.delivery.outbox import Claim
from engine.delivery.web_call import CallDeferred, CallRefused, Request
from engine.delivery.webhooks import Call
from engine.deploy.deployed import Deployed
from engine.errors import Unavailable, UsageError
from engine.language.model.project import read_address
from engine.store import alarms
from engine.store.alarms import Alarm
from engine.store.database import Database
from engine.store.sql import Connection

log = logging.getLogger("leadoff.delivery")
TIMEOUT_MS = 10_000
ATTEMPTS = 200  # two days: from the tenth on a quarter of an hour apart


VARIABLE = "LEADOFF_NOTIFY_WEBHOOK"


def notify_address(environ: Mapping[str, str]) -> str | None:
    """The address of the environment, in place of leadoff.yaml's. Raises UsageError."""
    if not environ.get(VARIABLE):
        return None
    try:
        return read_address(environ[VARIABLE])
    except PydanticCustomError as error:
        raise UsageError(f"{VARIABLE}: {error.message()}", "an https URL that takes a POST with JSON") from error


class Result(NamedTuple):
    """What became of one attempt. `again`: when it is told once more; None: it is over."""

    alarm: Alarm
    again: int | None = None


class Alarms:
    """Everything that a pool needs. `address`: instead of the project's `notify`."""

    name = "alarms"

    def __init__(
        self, database: Database, deployed: Callable[[], Deployed], call: Call, address: str | None = None
    ) -> None:
        self._database = database
        self._deployed = deployed
        self._call = call
        self._address = address
        self._unstored: list[tuple[int, Alarm]] = []  # due, what the database could not take

    def tell(self, subject: str, said: Mapping[str, Any], now: int) -> None:
        """Something that no transaction writes. Never raises for the database's sake."""
        if self._url() is None:
            return
        try:
            self._database.write(lambda db: alarms.add(db, subject, said, now))
        except Unavailable:
            self._unstored.append((now, Alarm(None, subject, said)))

    def claim(self, now: int, limit: int) -> Claim[Alarm]:
        kept = [alarm._replace(attempts=alarm.attempts + 1) for due, alarm in self._unstored if due <= now][:limit]
        taken = {alarm.subject for alarm in kept}
        try:
            stored = self._claim(now, limit)
        except Unavailable:
            if not kept:
                raise
            stored = []
        self._unstored = [(due, alarm) for due, alarm in self._unstored if alarm.subject not in taken]
        return Claim((*kept, *stored), now if len(stored) == limit else None)

    def _claim(self, now: int, limit: int) -> list[Alarm]:
        with self._database.reading() as db:
            due = alarms.next_due(db)
        if due is None:
            return []
        if self._url() is None:
            self._database.write(alarms.remove_all)
            return []
        return self._database.write(lambda db: alarms.claim(db, now, limit)) if due <= now else []

    def send(self, alarm: Alarm, claimed_at: int, clock: Callable[[], int]) -> Result:
        """One attempt. Never raises."""
        project, url = self._deployed().project, self._url()
        if url is None:
            return Result(alarm)
        host = urlsplit(url).hostname
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"{project.project}-{alarm.subject}"}
        body = orjson.dumps(_body(project.project, alarm)).decode()
        try:
            self._call(Request("POST", url, headers, body, TIMEOUT_MS, follows=False), project.webhooks.allow_hosts)
        except (CallDeferred, CallRefused) as error:  # also a wrong address is set right some day
            again = None if alarm.attempts >= ATTEMPTS else clock() + backoff(alarm.attempts, alarm.id or 0)
            log.warning("notify: %s %s: %s", host, "is given up" if again is None else "is tried later", error.message)
            return Result(alarm, again)
        except Exception:  # a bug must not keep the others
            log.exception("notify failed by a bug in Leadoff")
        return Result(alarm)

    def settle(self, results: Sequence[Result], now: int) -> None:
        self._unstored += [(r.again, r.alarm) for r in results if r.alarm.id is None and r.again is not None]
        stored = [(r.alarm.id, r.again) for r in results if r.alarm.id is not None]
        if stored:
            self._database.write(lambda db: _settle(db, stored))

    def next_due(self, now: int) -> int | None:
        """The first instant at which a claim may bring something."""
        with self._database.reading() as db:
            instants = [alarms.next_due(db), *(due for due, _ in self._unstored)]
        return min((at for at in instants if at is not None), default=None)

    def close(self) -> None:
        """Nothing is kept open between calls."""

    def _url(self) -> str | None:
        return self._address or self._deployed().project.notify.webhook


def _settle(db: Connection, stored: Sequence[tuple[int, int | None]]) -> None:
    alarms.remove(db, [id for id, again in stored if again is None])
    for id, again in stored:
        if again is not None:
            alarms.tell_again(db, id, again)


def _body(project: str, alarm: Alarm) -> dict[str, Any]:
    """`text` is what chat programs show of such a call."""
    said = dict(alarm.said)
    text = f"Leadoff {project}: {said.pop('text')}"
    return {"text": text, "project": project, "subject": alarm.subject, **said, "at": instant(said["at"])}
