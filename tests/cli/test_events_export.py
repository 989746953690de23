"""events export: what people did, as a file that only its owner reads."""

from __future__ import annotations

import json
import stat

import pytest

from tests.cli.conftest import Terminal

JOIN = ("event", "list.joined", "--contact", "+12025550143", "--data", '{"list": "vip"}', "--id", "join-1")


def test_what_people_did_is_written_and_can_be_imported_elsewhere(open_shop: Terminal) -> None:
    open_shop.well(*JOIN)
    said = open_shop.well("events", "export", "-o", "events.ndjson")
    assert (said.out, said.err) == ("", "1 thing that 1 contact did\n")
    file = open_shop.folder / "events.ndjson"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    found = [json.loads(line) for line in file.read_text().splitlines()]
    (joined,) = [line for line in found if "event" in line]
    assert (joined["event"], joined["data"], joined["id"]) == ("list.joined", {"list": "vip"}, "join-1")
    assert open_shop.well("events", "export").out == file.read_text()
    del joined["id"]
    file.write_text(json.dumps(joined) + "\n")
    assert open_shop.well("events", "import", "events.ndjson").out == "1 taken (1 new, 0 already)\n"


def test_numbers_stay_here(open_shop: Terminal) -> None:
    open_shop.well(*JOIN)
    hidden = open_shop.well("events", "export", "--without-numbers").out
    assert "5550143" not in hidden
    assert '"first_name":"Ada"' in hidden


def test_since_is_a_span_a_date_or_an_instant(open_shop: Terminal) -> None:
    open_shop.well(*JOIN)
    for since, count in (
        ("900d", 1),
        ("1d", 1),
        ("2026-01-01", 1),
        ("2030-01-01", 0),
        ("2030-01-01T00:00:00-05:00", 0),
    ):
        told = open_shop.well("events", "export", "--since", since).err
        assert told.startswith(f"{count} thing"), (since, told)
    wrong = open_shop("events", "export", "--since", "yesterday")
    assert (wrong.code, wrong.out) == (2, "")
    assert "help: how long ago (90d)" in wrong.err


def test_a_file_that_cannot_be_written_is_usage(open_shop: Terminal) -> None:
    open_shop.well(*JOIN)
    assert open_shop("events", "export", "-o", "no/such/folder.ndjson").code == 2


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
def test_there_is_no_database_yet(shop: Terminal) -> None:
    assert "nothing is stored yet" in shop.well("events", "export").err
