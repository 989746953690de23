"""Faults on demand, as one line of text each:  kind[@number][:times][;option=value …]

    drop_answer          accepted, then closed without a response
    half_answer          accepted, then closed after half of the answer
    slow;seconds=1       accepted, answered late
    reset                not accepted: connection reset once the request was read
    reset_after          accepted, then reset
    402                  not accepted: the account has no credit
    429;retry_after=3    not accepted; Retry-After is sent as written
    500                  accepted, and yet answered 500
    503;retry_after=3    not accepted, and said so (code not-accepted)
    odd;status=302;body=…;size=…    accepted, answered with that status and body, filled up to `size` bytes
    duplicate_callbacks      each callback is posted twice
    out_of_order_callbacks   the last status is posted first
    callback_before_answer   all callbacks are answered before the message is

    drop_answer:2    the next two messages      500@+12025550143    the next one to that number      slow:*    every one

Invariants: faults wait in a queue; the first that fits a message is applied to it and used up; a message has at most one fault of each
stage (answer, callbacks).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from engine.errors import UsageError

AT_THE_ANSWER = ("drop_answer", "half_answer", "slow", "reset", "reset_after", "402", "429", "500", "503", "odd")
AT_THE_CALLBACKS = ("duplicate_callbacks", "out_of_order_callbacks", "callback_before_answer")
_OPTIONS = {"slow": {"seconds"}, "429": {"retry_after"}, "503": {"retry_after"}, "odd": {"status", "body", "size"}}
_TYPES: dict[str, Callable[[str], Any]] = {
    "seconds": float,
    "retry_after": str,
    "status": int,
    "body": str,
    "size": int,
}
_FAULT = re.compile(r"(?P<kind>[a-z0-9_]+)(?:@(?P<to>\+[0-9]{7,15}))?(?::(?P<times>[0-9]{1,6}|\*))?")


class Fault(NamedTuple):
    kind: str
    to: str | None = None  # None: any number
    times: int | None = 1  # None: every message
    retry_after: str | None = None  # as sent: seconds, an HTTP date, or nonsense
    seconds: float = 1.0
    status: int = 200
    body: str = ""
    size: int = 0


def parse_fault(text: str) -> Fault:
    """Raises UsageError."""
    head, *rest = text.split(";")
    match = _FAULT.fullmatch(head)
    if match is None or match["kind"] not in AT_THE_ANSWER + AT_THE_CALLBACKS:
        raise UsageError(
            f"{head[:60]!r} is not a fault",
            "a fault is kind[@number][:times][;option=value], for example drop_answer:2",
        )
    kind, times = match["kind"], match["times"] or "1"
    options = dict(part.partition("=")[::2] for part in rest)
    unknown = sorted(set(options) - _OPTIONS.get(kind, set()))
    if unknown:
        raise UsageError(f"the fault {kind} has no option {unknown[0][:60]!r}")
    try:
        given = {name: _TYPES[name](value) for name, value in options.items()}
        return _checked(Fault(kind, match["to"], None if times == "*" else int(times), **given))
    except ValueError as error:
        raise UsageError(f"the options of the fault {kind} are unusable") from error


def _checked(fault: Fault) -> Fault:
    printable = fault.retry_after is None or (fault.retry_after.isascii() and fault.retry_after.isprintable())
    if not (0 <= fault.seconds <= 3600 and 200 <= fault.status <= 599 and 0 <= fault.size <= 10_000_000 and printable):
        raise ValueError
    return fault


class Faults:
    """The queue. Used by any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            if fault.times != 0:
                self._queue.append(fault)

    def take(self, kinds: tuple[str, ...], to: str) -> Fault | None:
        """The first fault of these kinds that fits the number, used up once."""
        with self._lock:
            for place, fault in enumerate(self._queue):
                if fault.kind in kinds and fault.to in (None, to):
                    if fault.times is not None:
                        self._queue[place : place + 1] = (
                            [] if fault.times == 1 else [fault._replace(times=fault.times - 1)]
                        )
                    return fault
        return None

    def waiting(self) -> tuple[Fault, ...]:
        """Faults that no message has used up yet."""
        with self._lock:
            return tuple(self._queue)
