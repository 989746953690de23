"""Logging of the daemon: one line a record on stderr, as text or as JSON (`LEADOFF_LOG=text|json`).

Invariants: no line holds a whole phone number, wherever it came from: the mask is laid over the finished line, so messages,
arguments, tracebacks and other people's libraries pass through it alike. No line holds the text of a message: nobody hands one in, and
of an error that is neither ours nor the system's only the kind and the place are shown, for its words may quote what it choked on.
What is the matter is told and counted, never repeated without end.
"""

from __future__ import annotations

import logging
import sqlite3
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from engine.errors import LeadoffError, UsageError
from engine.messaging.numbers import mask_numbers

MOST_PLACES = 1_000

OPEN_SPOKEN = (LeadoffError, sqlite3.Error)  # their words are ours, or name a table


def traceback_text(error: BaseException) -> str:
    """A traceback with its causes, the first one first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [traceback_text(before), "which led to:"] if before is not None else []
    lines.append("".join(traceback.format_list(traceback.extract_tb(error.__traceback__))).rstrip())
    lines += [traceback_text(each) for each in error.exceptions] if isinstance(error, BaseExceptionGroup) else []
    words = f": {error}" if isinstance(error, OPEN_SPOKEN) else ""
    if isinstance(error, OSError) and error.strerror:  # without the file's name
        words = f": {error.strerror}"
    return "\n".join(filter(None, (*lines, f"{type(error).__name__}{words}")))


class LineFormatter(logging.Formatter):
    def formatException(self, ei: Any) -> str:
        return "" if ei[1] is None else traceback_text(ei[1])


class TextFormatter(LineFormatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _instant(record)

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler's formatter may have told it all
        return mask_numbers(super().format(record))


class JsonFormatter(LineFormatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": _instant(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_numbers(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = mask_numbers(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


class Often(logging.Filter):
    """Of one warning, by the place that gives it, so many in so many seconds; the next one that passes says how many did not."""

    def __init__(self, most: int = 20, seconds: float = 10.0) -> None:
        super().__init__()
        self._most, self._seconds = most, seconds
        self._seen: dict[tuple[str, int, str], tuple[float, int]] = {}  # -> since when, how many since

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        place = (record.pathname, record.lineno, str(record.msg)[:80])
        since, count = self._seen.get(place, (record.created, 0))
        if record.created - since < self._seconds:
            self._seen[place] = (since, count + 1)
            return count < self._most
        if len(self._seen) > MOST_PLACES:
            self._seen.clear()
        self._seen[place] = (record.created, 1)
        if count > self._most:
            record.msg = f"{record.getMessage()} (and {count - self._most} times more since the last such line)"
            record.args = ()
        return True


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def configure(environ: Mapping[str, str]) -> None:
    """Send all logging to stderr: ours from INFO on, that of libraries from WARNING on."""
    wanted = environ.get("LEADOFF_LOG") or "text"
    if wanted not in ("text", "json"):
        raise UsageError("LEADOFF_LOG is neither text nor json", "LEADOFF_LOG=json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if wanted == "json" else TextFormatter())
    handler.addFilter(Often())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("leadoff").setLevel(logging.INFO)
    threading.excepthook = _log_thread


def _log_thread(died: threading.ExceptHookArgs) -> None:
    # Python's own hook would print the error past the mask.
    if died.exc_value is not None:
        name = died.thread.name if died.thread else "?"
        logging.getLogger("leadoff").critical(
            "the thread %s died", name, exc_info=(died.exc_type, died.exc_value, died.exc_traceback)
        )
