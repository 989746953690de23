"""Logging of the daemon: one line a record on stderr, as text or as JSON (`LEADOFF_LOG=text|json`).

Invariants: no line holds a whole phone number: the finished line is masked, so messages, arguments, tracebacks and the records of
libraries are masked alike. No line holds the text of a message: no caller logs one, and of an error that is neither Leadoff's nor the
system's only the class and the place are logged, as its message may quote its input. A repeated warning is counted, not repeated.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from typing import Any

import orjson

from engine.errors import LeadoffError, Unavailable, UsageError
from engine.messaging.numbers import mask_numbers
from engine.store.statement_errors import told

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOST_PLACES = 1_000


def traceback_text(error: BaseException) -> str:
    """A traceback with its causes, the first one first."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    lines = [traceback_text(before), "which led to:"] if before is not None else []
    lines.append("".join(traceback.format_list(traceback.extract_tb(error.__traceback__))).rstrip())
    lines += [traceback_text(each) for each in error.exceptions] if isinstance(error, BaseExceptionGroup) else []
    said = str(error) if isinstance(error, LeadoffError) else told(error)
    if isinstance(error, OSError) and error.strerror:  # without the file's name
        said = error.strerror
    words = f": {said}" if said else ""
    return "\n".join(filter(None, (*lines, f"{type(error).__name__}{words}")))


class TextFormatter(logging.Formatter):
    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatException(self, ei: Any) -> str:
        return "" if ei[1] is None else traceback_text(ei[1])

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another handler's formatter may have written the whole error
        return mask_numbers(super().format(record))


class JsonFormatter(TextFormatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask_numbers(record.getMessage()),
        }
        if record.exc_info:
            line["error"] = mask_numbers(self.formatException(record.exc_info))
        return orjson.dumps(line, default=str).decode()


class RepeatFilter(logging.Filter):
    """Of one warning, by its place in the code, lets `most` pass in `seconds`; the next one that passes says how many did not."""

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


class OrdinaryFilter(logging.Filter):
    """A database that cannot be used now is ordinary: its words are told, and no place in the code."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Unavailable):
            record.msg, record.args, record.exc_info = f"{record.getMessage()}: {error}", (), None
        return True


def configure(environ: Mapping[str, str]) -> None:
    """Send all logging to stderr: Leadoff's from INFO on, that of libraries from WARNING on."""
    wanted = environ.get("LEADOFF_LOG") or "text"
    if wanted not in ("text", "json"):
        raise UsageError("LEADOFF_LOG is neither text nor json", "LEADOFF_LOG=json")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter((JsonFormatter if wanted == "json" else TextFormatter)(TEXT))
    handler.addFilter(RepeatFilter())
    handler.addFilter(OrdinaryFilter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("leadoff").setLevel(logging.INFO)
    threading.excepthook = _log_thread


def _log_thread(died: threading.ExceptHookArgs) -> None:
    # Python's own hook would print the error unmasked.
    if died.exc_value is not None:
        name = died.thread.name if died.thread else "?"
        logging.getLogger("leadoff").critical(
            "the thread %s died", name, exc_info=(died.exc_type, died.exc_value, died.exc_traceback)
        )
