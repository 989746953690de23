"""docs/performance.md is made from results: its marks and its plots are those that benchmarks/page.py and plots.py write."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from benchmarks import page, run

TEXT = page.PAGE.read_text("utf-8")


def test_each_part_has_its_place_and_each_place_its_part() -> None:
    assert re.findall(r"<!-- begin: (.*?) -->", TEXT) == re.findall(r"<!-- end: (.*?) -->", TEXT)
    assert set(re.findall(r"<!-- begin: (.*?) -->", TEXT)) == set(page.PARTS)


def test_every_piece_of_the_page_is_one_that_runs() -> None:
    assert set(page.PEERS) == {name for name in run.PIECES if name.startswith("peer-")}
    assert run.chosen("peers") == [*page.PEERS]
    with pytest.raises(SystemExit, match="there is no piece nothing"):
        run.chosen("nothing")


def test_a_missed_target_is_said(tmp_path: Path) -> None:
    rows = [
        {"name": name, "n": 100_000, "value": 10.0, "unit": "contact-steps/s", "limit": 100.0, "ratio": 0.1}
        for name in ("promo/same writes", "promo/bare")
    ]
    (tmp_path / "promo.json").write_text(json.dumps({"rows": rows}))
    peer = {"name": "Huey (SQLite)", "n": 20, "steps": 0.1}
    (tmp_path / "peer-huey.json").write_text(json.dumps({"rows": [peer]}))
    assert list(page.ratios(page.read(tmp_path)))[2:] == [
        "| SQLite, 100,000 contacts, beside the same writes by hand | 0.10 | 0.2, **missed** |",
        "| SQLite, 100,000 contacts, beside the bare limit | 0.10 | 0.04 |",
        "| Leadoff on SQLite (100,000 contacts) beside Huey (SQLite) (20) | 100× | 15 (aim 50) |",
    ]
