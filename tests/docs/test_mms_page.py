"""docs/mms.md says the numbers that the code goes by."""

from __future__ import annotations

import pytest

from blocks.sms import LONGEST
from engine.messaging.media.boxes import BOX, RECOMMENDED, SMALLER
from engine.messaging.media.picture import (
    FEWEST_TILES,
    MAX_BYTES,
    MAX_FRAMES,
    MAX_INPUT,
    MAX_PIXELS,
    MAX_SCREEN,
    MOST_TILES,
    WHOLE_PIXELS,
)
from engine.messaging.media_limits import DEFAULT, MMS_REGIONS, limits
from engine.messaging.prices import DEFAULTS
from tests.docs.pages import ROOT

PAGE = (ROOT / "docs/mms.md").read_text("utf-8")
TABLES = [
    [cell.strip() for cell in line.strip("| ").split(" | ")] for line in PAGE.splitlines() if line.startswith("| ")
]
ROWS = {cells[0]: cells[1:] for cells in TABLES}


def test_the_limits_of_a_message() -> None:
    text, image = ROWS["text"][1], ROWS["image"][1]
    assert f"to {LONGEST:,} characters" in text
    assert f"{MAX_BYTES:,} bytes as stored" in image and f"at most {DEFAULT.message_bytes:,}" in image
    assert ROWS["countries"][1] == ", ".join(sorted(MMS_REGIONS, reverse=True))
    assert ["two", "three", "four", "five", "six"][FEWEST_TILES - 2 :: MOST_TILES - FEWEST_TILES] == ["two", "six"]
    assert "out of two to six" in PAGE


@pytest.mark.parametrize("region", sorted(MMS_REGIONS))
def test_the_prices(region: str) -> None:
    sms, mms = DEFAULTS[region, "sms"] / 1e6, DEFAULTS[region, "mms"] / 1e6
    told = next(cells for name, cells in ROWS.items() if name.startswith("price in the US and Canada"))
    assert told == [f"${sms} per part", f"${mms}: three times as much as an SMS of one part"]
    assert round(mms / sms, 9) == 3
    for first, second in (("MMS", "SMS"), ("MMS", "MMS"), ("SMS", "SMS")):
        each = {"SMS": sms, "MMS": mms}
        total = 10_000 * each[first] + 7_000 * each[second]
        assert ROWS[f"{first}, then {second}"][1:] == [f"${each[first]}, ${each[second]}", f"${total:,.2f}"]


def test_the_sizes_of_pictures() -> None:
    assert RECOMMENDED in PAGE
    assert {"{}×{}".format(*box) for box in (BOX, *SMALLER)} >= set(RECOMMENDED.split(" or "))
    for kind, most in {"jpeg": MAX_PIXELS, **WHOLE_PIXELS}.items():
        pixels, example = ROWS[kind.upper()]
        width, height = (int(side) for side in example.split("×"))
        assert pixels == f"{most // 10**6} million"
        assert most * 0.99 < width * height <= most
    assert (
        f"at most {MAX_SCREEN // 10**6} million pixels, an animation at most {MAX_FRAMES} frames, any file at most {MAX_INPUT:,} bytes"
        in PAGE
    )


def test_what_providers_take() -> None:
    told = {tuple(cells) for cells in TABLES if cells[0] in ("bandwidth", "telnyx", "twilio")}
    wanted = set()
    for provider in ("bandwidth", "telnyx", "twilio"):
        usual = limits(provider, "toll_free")
        assert usual == limits(provider, "short_code")
        for kind, found in {"any": usual, "long_code": limits(provider, "long_code")}.items():
            if kind == "any" or found != usual:
                wanted.add((provider, kind, f"{found.image_bytes:,}", f"{found.message_bytes:,}"))
    assert told == wanted


def test_what_it_names_is_there() -> None:
    for code in ("LO610", "LO611", "LO612", "LO613"):
        assert code in PAGE and (ROOT / "tests/problems" / code).is_dir()
