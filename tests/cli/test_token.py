"""token and events import: who may come in, and a file of what happened."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from engine.app import App
from engine.intake import ndjson_import
from engine.store import tokens
from tests.cli.conftest import Terminal
from tests.world import ADA, BEN


def granted(terminal: Terminal, token: str) -> str | None:
    with App(terminal.folder) as app, app.database.reading() as db:
        found = tokens.find(db, token)
    return found.scope if found else None


def test_a_token_stands_alone_on_stdout_and_is_shown_once(open_shop: Terminal) -> None:
    said = open_shop.well("token", "create", "shop", "--scope", "events")
    token = said.out.strip()
    assert (said.out, said.err) == (f"{token}\n", "")
    assert token.startswith("leadoff_") and len(token) > 43, "256 bits"
    assert granted(open_shop, token) == "events"
    listed = open_shop.well("token", "list", "--format", "json")
    assert [(each["name"], each["scope"], each["revoked_at"]) for each in listed.json["tokens"]] == [
        ("shop", "events", None)
    ]
    assert token not in listed.out + open_shop.well("token", "list").out


def test_a_revoked_token_is_none_and_its_name_is_free(open_shop: Terminal) -> None:
    first = open_shop.well("token", "create", "shop", "--scope", "read").out.strip()
    assert open_shop("token", "create", "shop", "--scope", "read").code == 1
    assert open_shop.well("token", "revoke", "shop").out == "shop: revoked\n"
    assert open_shop("token", "revoke", "shop").code == 1
    assert granted(open_shop, first) is None
    second = open_shop.well("token", "create", "shop", "--scope", "admin").out.strip()
    assert (granted(open_shop, first), granted(open_shop, second)) == (None, "admin")


def test_what_is_no_scope_or_name_is_refused(open_shop: Terminal) -> None:
    said = open_shop("token", "create", "shop", "--scope", "event")
    assert said.code == 2
    assert 'did you mean "events"?' in said.err
    assert open_shop("token", "create", "shop").code == 2
    assert open_shop("token", "create", " ", "--scope", "read").code == 2
    assert open_shop("token", "create", "a\x1bb", "--scope", "read").code == 2
    assert open_shop.well("token", "list", "--format", "json").json == {"tokens": []}


def lines(path: Path, *items: Any) -> str:
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in items), "utf-8")
    return path.name


def joined(id: str, phone: str = ADA, list: str = "vip") -> dict[str, Any]:
    return {"id": id, "event": "list.joined", "contact": {"phone": phone}, "data": {"list": list}}


def test_a_file_of_events_is_taken_once(open_shop: Terminal) -> None:
    name = lines(open_shop.folder / "e.ndjson", joined("1"), joined("2"), "", joined("1"))
    assert open_shop.well("events", "import", name).out == "3 taken (2 new, 1 already)\n"
    assert open_shop.well("events", "import", name).out == "3 taken (0 new, 3 already)\n"
    assert not (open_shop.folder / "e.errors.csv").exists()
    open_shop.tick()
    assert len(open_shop.well("runs", "--format", "json").json["runs"]) == 1


def test_what_cannot_be_taken_is_written_down_and_the_rest_is_taken(open_shop: Terminal) -> None:
    long = json.dumps(joined("4", list="x" * ndjson_import.LONGEST_LINE))
    bad = (
        joined("1"),
        "{",
        joined("1", list="other"),
        {"event": "list.joind", "contact": {"phone": BEN}},
        long,
        joined("5"),
    )
    said = open_shop("events", "import", lines(open_shop.folder / "e.ndjson", *bad), "--errors", "wrong.csv")
    assert (said.code, said.out) == (1, "2 taken (2 new, 0 already), 4 rejected → wrong.csv\n")
    assert "1 line: this id was used for another event" in said.err and "1 line: other reasons" in said.err
    assert (open_shop.folder / "wrong.csv").read_text().splitlines() == [
        "line,reason",
        "2,not JSON: unexpected end of data: line 1 column 2 (char 1)",
        "3,this id was used for another event",
        '4,"event: event ""list.joind"" is not declared; did you mean ""list.joined""?"',
        '5,"a line has at most 65,536 bytes"',
    ]


def test_a_long_file_goes_in_by_batches(open_shop: Terminal) -> None:
    items = [joined(str(n)) for n in range(ndjson_import.BATCH + 5)]
    name = lines(open_shop.folder / "e.ndjson", *items)
    assert open_shop.well("events", "import", name).out == f"{len(items)} taken ({len(items)} new, 0 already)\n"


def test_a_byte_order_mark_and_windows_lines_are_no_matter(open_shop: Terminal) -> None:
    (open_shop.folder / "e.ndjson").write_bytes(b"\xef\xbb\xbf" + json.dumps(joined("1")).encode() + b"\r\n\r\n")
    assert open_shop.well("events", "import", "e.ndjson").out == "1 taken (1 new, 0 already)\n"


def test_a_file_that_cannot_be_used_is_said_to_be(open_shop: Terminal) -> None:
    assert open_shop("events", "import", "nowhere.ndjson").code == 2
    assert open_shop("events", "import", ".").code == 2
    name = lines(open_shop.folder / "e.ndjson", "{")
    assert open_shop("events", "import", name, "--errors", name).code == 2
    assert open_shop("events", "import", name, "--errors", "no/such/folder.csv").code == 2
    assert stat.S_ISREG((open_shop.folder / "e.ndjson").stat().st_mode)
