"""Listings: one line a row into a pipe, nothing cut at a terminal of 80 columns, and any number of rows."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from engine.app import App
from engine.cli.shared.tables import STRETCH, say_table
from tests.cli.conftest import Terminal
from tests.fork_server import leadoff

COLUMNS = {"id": "id", "who": "contact", "text": "text", "why": "why"}
ROW = {"id": 7, "who": "+12025550143", "text": "Smile 🙂 " * 12, "why": "quiet hours"}


def at_a_terminal(words: list[str], columns: int, folder: Path, environ: dict[str, str]) -> str:
    """What a command writes to a terminal that wide."""
    leader, follower = pty.openpty()
    os.set_blocking(leader, False)
    done = subprocess.run(
        [*leadoff(), *words],
        cwd=folder, stdout=follower, stderr=subprocess.PIPE, check=True, timeout=60,
        env={**os.environ, **environ, "COLUMNS": str(columns)},
    )  # fmt: skip
    assert done.stderr == b""
    os.close(follower)
    read = b""
    try:
        while piece := os.read(leader, 65_536):
            read += piece
    except OSError:
        pass
    os.close(leader)
    return read.decode().replace("\r\n", "\n")


def test_into_a_pipe_a_row_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    say_table([ROW, ROW], COLUMNS, "none")
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.split() == list(COLUMNS.values())
    assert first == second
    assert all(str(value).strip() in first for value in ROW.values())


def test_an_empty_listing_says_so_beside_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    say_table([], COLUMNS, "nobody")
    assert tuple(capsys.readouterr()) == ("", "nobody\n")


def test_columns_stand_under_their_headings(capsys: pytest.CaptureFixture[str]) -> None:
    say_table([{"a": "é🙂", "b": 1}, {"a": "x", "b": 100}], {"a": "a", "b": "count"}, "none")
    head, first, second = capsys.readouterr().out.splitlines()
    assert (head, first, second) == ("a    count", "é🙂      1", "x      100")


def test_a_long_listing_is_written_while_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    written = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal written
        for number in range(5 * STRETCH):
            if number and number % (2 * STRETCH) == 0:
                written += len(capsys.readouterr().out)
                assert written > 0
            yield {"id": number, "who": "x", "text": "", "why": ""}

    say_table(rows(), COLUMNS, "none")
    assert written > 0


def test_at_80_columns_nothing_is_cut_and_no_line_is_wider(open_shop: Terminal) -> None:
    open_shop.well("event", "list.joined", "--contact", "+12025550143", "--data", '{"list": "vip"}')
    open_shop.tick()
    names = ("LEADOFF_CLOCK_ORIGIN", "LEADOFF_CLOCK_OFFSET")
    environ = {name: os.environ[name] for name in names if name in os.environ}
    for words in (["messages"], ["runs"], ["contacts", "list", "--limit", "3"], ["flows"]):
        shown = at_a_terminal(words, 80, open_shop.folder, environ)
        assert max(map(cell_len, shown.splitlines())) <= 80, shown
    message = at_a_terminal(["messages"], 80, open_shop.folder, environ)
    assert "spring-drop" in message
    assert "0.045" in message
    assert "Reply STOP to opt out" in " ".join(message.split())


def test_all_contacts_come_page_by_page(open_shop: Terminal) -> None:
    with App(open_shop.folder) as app:
        add = "INSERT INTO contact (key, phone, region, zone, created_at, updated_at) SELECT 'k' || value, '+1' || value, 'US', 'UTC', 0, 0"
        many = (
            f"WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 4500) {add} FROM n"
        )
        app.database.write(lambda db: db.execute(many))
    assert len(open_shop.well("contacts", "list").out.splitlines()) == 1 + 69 + 4500
    found = open_shop.well("contacts", "list", "--format", "json").json["contacts"]
    assert len({row["key"] for row in found}) == 69 + 4500
    assert len(open_shop.well("contacts", "list", "--format", "json", "--limit", "2001").json["contacts"]) == 2001
    assert open_shop.well("contacts", "list", "--format", "json", "--limit", "1").json["contacts"] == found[:1]


def test_a_list_of_nothing_is_a_list(shop: Terminal) -> None:
    shop.well("apply", "--yes")
    assert shop.well("contacts", "list", "--format", "json").json == {"contacts": []}
