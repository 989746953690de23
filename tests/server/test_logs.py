"""What the daemon logs: lines for people or for machines, never a whole phone number."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import Refused, Unavailable, UsageError
from engine.messaging.numbers import mask_numbers
from engine.server import logs
from engine.store.statement_errors import statement_errors
from tests.server.stage import logging_of_its_own
from tests.world import World

PHONE = "+12025550143"
SECRET = "your code is 1234"


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    with logging_of_its_own():
        yield


@pytest.mark.parametrize(
    "spelled", [PHONE, "%2B12025550143", "+1 202 555 0143", "+1 (202) 555-0143", "+44 7700 900123"]
)
@pytest.mark.parametrize("format", ["text", "json"])
def test_a_number_is_masked_wherever_it_comes_from(
    capsys: pytest.CaptureFixture[str], spelled: str, format: str
) -> None:
    logs.configure({"LEADOFF_LOG": format})
    log = logging.getLogger("some.library")
    log.warning("in the message: %s", {"to": spelled})
    try:
        raise Refused(f"no such number: {spelled}")
    except Refused:
        log.exception("and in the error")
    said = capsys.readouterr().err
    assert said.count("•••") == 2
    assert spelled not in said
    assert "0143" in said or "0123" in said


@pytest.mark.parametrize("harmless", ["+1234567", "1806588000000", "sim-12345678-9", "2026-11-24 09:00:00+00:00 12"])
def test_other_digits_are_left(harmless: str) -> None:
    assert mask_numbers(harmless) == harmless


def test_text_is_one_line_and_says_when_and_who(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure({})
    logging.getLogger("leadoff.delivery").info("sent %s", 3)
    logging.getLogger("httpx").info("not shown: libraries speak from warnings on")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("Z INFO leadoff.delivery: sent 3")


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure({"LEADOFF_LOG": "json"})
    logging.getLogger("leadoff.tick").error('a "quoted" word\nand a new line')
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line)
    assert found.pop("at").endswith("Z")
    assert found == {"level": "error", "logger": "leadoff.tick", "message": 'a "quoted" word\nand a new line'}


def test_another_format_is_refused() -> None:
    with pytest.raises(UsageError, match="neither text nor json"):
        logs.configure({"LEADOFF_LOG": "xml"})


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_logged_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure({})

    def die() -> None:
        raise KeyError(PHONE)

    thread = threading.Thread(target=die, name="worker")
    thread.start()
    thread.join()
    said = capsys.readouterr().err
    assert "CRITICAL leadoff: the thread worker died" in said
    assert said.rstrip().endswith("KeyError")


@pytest.mark.parametrize("format", ["text", "json"])
def test_of_a_strange_error_only_its_kind_and_place_are_told(capsys: pytest.CaptureFixture[str], format: str) -> None:
    logs.configure({"LEADOFF_LOG": format})
    try:
        try:
            raise ValueError(SECRET)
        except ValueError as error:
            raise OSError(28, "No space left on device") from error
    except OSError:
        logging.getLogger("leadoff").exception("it failed")
    said = capsys.readouterr().err
    assert SECRET not in said
    assert said.index("ValueError") < said.index("which led to:") < said.index("No space left on device")
    assert "test_logs.py" in said


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_database_that_is_not_there_is_told_in_a_line(capsys: pytest.CaptureFixture[str], format: str) -> None:
    """As each second of its absence does."""
    logs.configure({"LEADOFF_LOG": format})
    try:
        raise Unavailable("the database cannot be reached now: 100% busy", "try again") from OSError("refused")
    except Unavailable:
        logging.getLogger("leadoff.heartbeat").exception("a tick failed; the next one starts in %s s", 1.0)
    (line,) = capsys.readouterr().err.splitlines()
    assert "a tick failed; the next one starts in 1.0 s: the database cannot be reached now: 100% busy" in line
    assert "Traceback" not in line and "test_logs" not in line


def test_what_repeats_without_end_is_counted() -> None:
    """As of a process that has no file left: the same words thousands of times a second."""
    often = logs.RepeatFilter(most=3, seconds=10)

    def record(
        at: float, words: str = "socket.accept() out of system resource", level: int = logging.ERROR
    ) -> logging.LogRecord:
        made = logging.LogRecord("asyncio", level, "base_events.py", 1, words, (), None)
        made.created = at
        return made

    assert [often.filter(record(at / 1000)) for at in range(5)] == [True] * 3 + [False] * 2
    assert often.filter(record(1.0, "another")), "another matter is no repetition"
    assert all(often.filter(record(1.0, level=logging.INFO)) for _ in range(5))
    later = record(11.0)
    assert often.filter(later)
    assert later.getMessage().endswith("(and 2 times more since the last such line)")


def test_what_a_database_refuses_names_tables_and_rules_and_no_row(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, each_database: str
) -> None:
    logs.configure({})
    insert = f"INSERT INTO contact (id, phone, key) VALUES (1, '{PHONE}', '{SECRET}')"
    with World(tmp_path) as world:
        for statement in (
            insert,
            f"INSERT INTO meta (name) VALUES ('{SECRET}')",
            f"SELECT nowhere, '{SECRET}' FROM meta",
        ):
            try:
                world.app.database.write(lambda db, sql=statement: db.execute(sql))  # type: ignore[misc]
            except statement_errors():
                logging.getLogger("leadoff").exception("refused")
    said = capsys.readouterr().err
    assert said.count("refused") == 3
    assert SECRET not in said and "0143" not in said
    assert "meta" in said and "contact" in said
