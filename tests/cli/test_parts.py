"""parts: what a text costs and why, in a project and outside of one."""

from __future__ import annotations

import io
import sys

import pytest

from engine.cli.parts_report import Tariff, as_json, as_lines
from tests.cli.conftest import Terminal
from tests.cli.conftest import terminal_without_database as terminal

__all__ = ["terminal"]

FAMILY = "👨\u200d👩\u200d👧"
ABOUT = "project: shop\nbrand: Acme\ntimezone: UTC\n"
DEAR = f"{ABOUT}currency: CAD\nprices: {{US: {{sms: 0.02}}}}\n"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """What stands on standard input."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw, "utf-8"))
    return raw


def given(typed: io.BytesIO, raw: bytes) -> None:
    typed.write(raw)
    typed.seek(0)


def lines(text: str, smartly: bool = False) -> list[str]:
    return list(as_lines(text, Tariff(), smartly))


def test_scripts_get_what_the_count_says(terminal: Terminal) -> None:
    assert terminal.well("parts", "--format", "json", "b" * 155 + "€" * 3).json == {
        "encoding": "GSM-7",
        "parts": 2,
        "units": 161,
        "per_part": [153, 8],
        "price": 0.03,
        "forcing": [],
    }
    said = terminal.well("parts", "--format", "json", "it’s").json
    assert (said["encoding"], said["price"], said["forcing"]) == ("UCS-2", 0.015, ["’"])
    assert terminal.well("parts", "--smart", "--format", "json", "it’s").json["encoding"] == "GSM-7"


def test_people_see_where_the_parts_end() -> None:
    assert lines("a" * 152 + "€" + "b" * 10) == [
        "GSM-7, 2 parts, 164 units, 0.030 USD",
        "part 1: 152 of 153",
        f"  | {'a' * 152}",
        "part 2: 12 of 153",
        f"  | €{'b' * 10}",
    ]
    assert lines("two\nlines")[1:] == ["part 1: 9 of 160", "  | two", "  | lines"]
    assert lines("") == ["GSM-7, 1 part, 0 units, 0.015 USD", "part 1: 0 of 160", "  | "]


def test_people_see_what_makes_it_dear_and_what_smart_encoding_would_save() -> None:
    text = "It’s here, the coat that everybody asked for, in camel and green, for\u00a0you"
    assert lines(text)[5:] == [
        "makes it UCS-2:",
        "  ’  U+2019 RIGHT SINGLE QUOTATION MARK (--smart: ')",
        "  \u00a0  U+00A0 NO-BREAK SPACE (--smart: 2 spaces)",
        "with --smart: GSM-7, 1 part, 74 units, 0.015 USD",
    ]
    assert lines(text, smartly=True) == [
        "GSM-7, 1 part, 74 units, 0.015 USD",
        "part 1: 74 of 160",
        "  | It's here, the coat that everybody asked for, in camel and green, for  you",
        "replaced:",
        "  ’  U+2019 RIGHT SINGLE QUOTATION MARK: '",
        "  \u00a0  U+00A0 NO-BREAK SPACE: 2 spaces",
    ]


def test_what_is_seen_as_one_character_is_named_by_all_that_it_is_made_of() -> None:
    assert lines(f"hi {FAMILY}")[-1] == (
        f"  {FAMILY}  U+1F468 MAN, U+200D ZERO WIDTH JOINER, U+1F469 WOMAN, U+200D ZERO WIDTH JOINER, U+1F467 GIRL"
    )
    assert "193 more" in lines("x" + "\u0301" * 200)[-1]
    assert lines("".join(map(chr, range(0x4E00, 0x4E1E))))[-1] == "  and 10 more"


def test_nothing_hostile_reaches_the_terminal() -> None:
    shown = "\n".join(lines("\x1b[31m\x9b\u202e\ud800\u200b’") + lines("\x1b\u202e\ud800\u200b’", smartly=True))
    assert not {"\x1b", "\x9b", "\u202e", "\ud800", "\u200b"} & set(shown)
    assert "\\x1b" in shown and "U+202E RIGHT-TO-LEFT OVERRIDE" in shown and "U+D800 without a name" in shown
    assert "  \\u200b  U+200B ZERO WIDTH SPACE: nothing" in shown


def test_nor_does_it_as_json(terminal: Terminal, typed: io.BytesIO) -> None:
    given(typed, "\x9b2J\u202e".encode())
    said = terminal.well("parts", "--format", "json")
    assert said.out.isascii()
    assert said.json["forcing"] == ["\x9b", "\u202e"]


def test_a_text_too_long_for_any_provider_is_counted_and_refused(terminal: Terminal) -> None:
    said = terminal("parts", "a" * 1_601)
    assert (said.code, said.out) == (1, "GSM-7, 11 parts, 1,601 units, 0.165 USD\n")
    assert said.err == "1,601 characters: no provider accepts more than 1,600\n"
    assert terminal("parts", "--format", "json", "a" * 1_601).json["parts"] == 11
    terminal.well("parts", "a" * 1_600)


@pytest.mark.parametrize("raw", [b"caf\xc3\xa9", b"cafe\xcc\x81\n", b"\xef\xbb\xbfcaf\xc3\xa9\r\n"])
def test_standard_input_is_taken_without_its_last_line_break_and_nfc(
    raw: bytes, terminal: Terminal, typed: io.BytesIO
) -> None:
    given(typed, raw)
    assert terminal.well("parts", "-").out.splitlines()[0] == "GSM-7, 1 part, 4 units, 0.015 USD"


def test_of_two_line_breaks_one_belongs_to_the_text(terminal: Terminal, typed: io.BytesIO) -> None:
    given(typed, b"a\n\n")
    assert terminal.well("parts", "--format", "json").json["units"] == 2


def test_standard_input_that_is_no_text_or_no_message_is_a_mistake(terminal: Terminal, typed: io.BytesIO) -> None:
    given(typed, b"caf\xe9")
    said = terminal("parts")
    assert (said.code, said.out) == (2, "")
    assert "byte 4" in said.err and "UTF-8" in said.err
    given(typed, b"x" * 1_000_001)
    said = terminal("parts")
    assert (said.code, said.out) == (2, "")
    assert "1,000,000 bytes" in said.err


def test_in_a_project_its_own_prices_count(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    (shop.folder / "leadoff.yaml").write_text(DEAR)
    assert shop.well("parts", "hi").out.startswith("GSM-7, 1 part, 2 units, 0.020 CAD")
    monkeypatch.chdir("/")
    assert shop.well("parts", "--project", str(shop.folder), "--format", "json", "hi").json["price"] == 0.02
    assert shop.well("parts", "--format", "json", "hi").json["price"] == 0.015
    assert shop("parts", "--project", "/", "hi").code == 2
    assert as_json("", Tariff())["price"] == 0.015


def test_prices_that_cannot_be_read_are_not_guessed(shop: Terminal) -> None:
    about = shop.folder / "leadoff.yaml"
    for bad in (DEAR.replace("0.02", "cheap"), "{"):
        about.write_text(bad)
        said = shop("parts", "hi")
        assert (said.code, said.out) == (2, "")
        assert "leadoff check" in said.err
    about.write_text(DEAR)
    (shop.folder / "flows/broken.yaml").write_text("{")
    assert "0.020 CAD" in shop.well("parts", "hi").out


def test_of_an_mms_both_prices_are_told(terminal: Terminal) -> None:
    first, second = terminal.well("parts", "--mms", "b" * 200).out.splitlines()[:2]
    assert first == "MMS, 200 characters, 0.045 USD; the fallback as an SMS:"
    assert second == "GSM-7, 2 parts, 200 units, 0.030 USD"
    assert terminal.well("parts", "--mms", "--format", "json", "hi").json["mms_price"] == 0.045
