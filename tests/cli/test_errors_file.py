"""Where imports write what they reject: beside the file, or where they are run; it is known before the first row is taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal

ADA = "+12025550143"


@pytest.mark.only("sqlite", "where a file is written has nothing to do with the database")
def test_what_a_pipe_brings_and_is_rejected_is_written_where_the_import_runs(
    open_shop: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop, file = open_shop, open_shop.folder / "leadoff.yaml"
    file.write_text(file.read_text() + "coupons: {back15: {length: 8}}\n")
    texts = {
        ("contacts", "import"): f"phone\n{ADA}\n12\n",
        ("events", "import"): "{}\n",
        ("coupons", "import", "back15"): "AAAA-1\nAA AA\n",
    }
    for words, text in texts.items():
        place = Path(f"{words[0]}.errors.csv")
        read, write = os.pipe()
        os.write(write, text.encode())
        os.close(write)
        try:
            said = shop(*words, f"/dev/fd/{read}")
        finally:
            os.close(read)
        assert (said.code, str(place) in said.out, place.exists()) == (1, True, True), said
        place.unlink()
        (shop.folder / "piped").write_text(text)
        with (shop.folder / "piped").open() as piped:
            monkeypatch.setattr("sys.stdin", piped)
            assert shop(*words, "-").code == 1
        assert place.exists()


@pytest.mark.only("sqlite", "where a file is written has nothing to do with the database")
def test_an_errors_file_that_cannot_be_written_is_told_before_anything_is_imported(open_shop: Terminal) -> None:
    (open_shop.folder / "new.csv").write_text("phone\n+12065550188\n12\n")
    for errors in ("nowhere/errors.csv", ".", "new.csv"):
        said = open_shop("contacts", "import", "new.csv", "--errors", errors)
        assert (said.code, "--errors" in said.err) == (2, True), said
        assert "+12065550188" not in open_shop.well("contacts", "list", "--format", "json").out
