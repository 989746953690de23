"""What the daemon logs: lines for people or for machines, never a whole phone number."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from engine import logs
from engine.errors import UsageError

PHONE = "+12025550143"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What comes out on stderr, with the logging of the test run put back behind it."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    level, stderr = root.level, io.StringIO()
    root.handlers = []  # `configure` closes what it replaces
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setattr("threading.excepthook", None)
    yield stderr
    root.handlers, root.level = before, level
    logging.getLogger("leadoff").setLevel(logging.NOTSET)


@pytest.mark.parametrize("spelled", [PHONE, "%2B12025550143", "+1 202 555 0143", "+1 (202) 555-0143", "+44 7700 900123"])
@pytest.mark.parametrize("format", ["text", "json"])
def test_a_number_is_masked_wherever_it_comes_from(said: io.StringIO, spelled: str, format: str) -> None:
    logs.configure({"LEADOFF_LOG": format})
    log = logging.getLogger("some.library")
    log.warning("in the message: %s", {"to": spelled})
    try:
        raise ValueError(f"no such number: {spelled}")
    except ValueError:
        log.exception("and in the error")
    assert said.getvalue().count("•••") >= 2
    assert spelled not in said.getvalue()
    assert "0143" in said.getvalue() or "0123" in said.getvalue()


@pytest.mark.parametrize("harmless", ["+1234567", "1806588000000", "sim-12345678-9", "2026-11-24 09:00:00+00:00 12"])
def test_other_digits_are_left(harmless: str) -> None:
    assert logs.masked(harmless) == harmless


def test_text_is_one_line_and_says_when_and_who(said: io.StringIO) -> None:
    logs.configure({})
    logging.getLogger("leadoff.delivery").info("sent %s", 3)
    logging.getLogger("httpx").info("not shown: libraries speak from warnings on")
    (line,) = said.getvalue().splitlines()
    assert line.endswith("Z INFO leadoff.delivery: sent 3")


def test_json_is_one_object_a_line(said: io.StringIO) -> None:
    logs.configure({"LEADOFF_LOG": "json"})
    logging.getLogger("leadoff.tick").error('a "quoted" word\nand a new line')
    (line,) = said.getvalue().splitlines()
    found = json.loads(line)
    assert found.pop("at").endswith("Z")
    assert found == {"level": "error", "logger": "leadoff.tick", "message": 'a "quoted" word\nand a new line'}


def test_another_format_is_refused() -> None:
    with pytest.raises(UsageError, match="neither text nor json"):
        logs.configure({"LEADOFF_LOG": "xml"})
