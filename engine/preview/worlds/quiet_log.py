"""A preview's log: what the daemon would report of a run or a budget is in the stories and notices of the world; bugs are still logged."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

LOGGERS = ("leadoff.tick", "leadoff.delivery")


@contextmanager
def quiet_log() -> Iterator[None]:
    """While it is open, only bugs of Leadoff are logged: not that a run is parked, or that a budget is used up."""
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addFilter(_is_bug)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_bug)


def _is_bug(record: logging.LogRecord) -> bool:
    return record.exc_info is not None and "is parked" not in record.msg
