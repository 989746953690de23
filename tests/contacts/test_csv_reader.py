"""contacts.csv: what a row becomes, and what any file can do to the reader."""

from __future__ import annotations

import csv
import tracemalloc
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.contacts.csv_dialect import quoted, unquoted
from engine.contacts.csv_reader import (
    LONGEST_LINE,
    ContactRow,
    PhoneRow,
    Reject,
    read_contacts,
    read_phones,
    write_rejects,
)
from engine.errors import UsageError
from engine.language.values.fields import BUILT_IN_FIELDS, FieldSpec, convert
from tests.exploration import examples

FIELDS = {**BUILT_IN_FIELDS, "orders": FieldSpec("integer"), "loyalty_tier": FieldSpec(max=10)}


def typed(field: str, cell: str) -> Any:
    return convert(FIELDS[field], cell)


def read(data: str | bytes, batch: int = 1000) -> list[ContactRow | Reject]:
    stream = BytesIO(data.encode() if isinstance(data, str) else data)
    return [item for items in read_contacts(stream, FIELDS, typed, batch) for item in items]


def rows(data: str | bytes) -> list[ContactRow]:
    found = read(data)
    assert [item for item in found if isinstance(item, Reject)] == []
    return cast(list[ContactRow], found)


def refused(data: str | bytes) -> UsageError:
    with pytest.raises(UsageError) as found:
        read_contacts(BytesIO(data.encode() if isinstance(data, str) else data), FIELDS, typed)
    return found.value


FULL = """\
phone,key,first_name,country,timezone,tags,birthday,orders,consent,consent_at,consent_source
+12025550143,ada,Ada,XX,America/Denver,vip|new| vip ,1990-12-10,3,subscribed,2026-11-24T09:00:00-05:00,checkout
+14165550123,,,,,,,,,,
"""


def test_a_row_becomes_a_contact() -> None:
    ada, quiet = rows(FULL)

    assert ada == ContactRow(
        line=2,
        key="ada",
        phone="+12025550143",
        region="US",
        values={
            "first_name": "Ada",
            "timezone": "America/Denver",
            "tags": ["new", "vip"],
            "birthday": "1990-12-10",
            "orders": 3,
        },
        consent="subscribed",
        consent_at=1_795_528_800_000,
        consent_source="checkout",
    )
    assert quiet == ContactRow(3, "+14165550123", "+14165550123", "CA", {}, None, None, None, silent=True)


@pytest.mark.parametrize(
    "data",
    [
        "phone,first_name\n+12025550143,Ada\n",
        "phone,first_name\n+12025550143,Ada",
        "\ufeffphone,first_name\r\n+12025550143,Ada\r\n",
        '\ufeff"phone";"first_name"\r\n"+12025550143";"Ada"\r\n',
        "phone;first_name\n+12025550143;Ada\n\n;\n",
        " phone , first_name \n +12025550143 , Ada \n",
        "phone,first_name\n'+12025550143,Ada\n",
    ],
)
def test_the_ways_a_spreadsheet_writes_it(data: str) -> None:
    (row,) = rows(data)

    assert (row.phone, row.values) == ("+12025550143", {"first_name": "Ada"})


def test_a_cell_may_hold_delimiters_quotes_and_line_breaks() -> None:
    first, second = rows('phone,first_name\n+12025550143,"A ""da"", B\nC"\n+12025550144,5" Bob\n')

    assert first.values["first_name"] == 'A "da", BC'
    assert (second.line, second.values["first_name"]) == (4, '5" Bob')


def test_a_day_of_consent_is_its_first_instant() -> None:
    (row,) = rows("phone,consent,consent_at\n+12025550143,unsubscribed,2026-11-24\n")

    assert (row.consent, row.consent_at) == ("unsubscribed", 1_795_478_400_000)


@pytest.mark.parametrize(
    ("header", "message", "help"),
    [
        ("phone,frist_name", '"frist_name"', 'did you mean "first_name"?'),
        ("phones,first_name", '"phones"', 'did you mean "phone"?'),
        ("phone,key,", '""', "A column is one of"),
        ("phone,a\u202eb", '"a\\u202eb"', "A column is one of"),
        ("key,first_name", 'no column "phone"', "phone, key"),
        ("", 'no column "phone"', "phone, key"),
        ("phone,key,key", '"key" twice', "remove one"),
        ('phone,"key', "no readable header", "CSV UTF-8"),
        ("phone," + "x" * LONGEST_LINE, "no readable header", "CSV UTF-8"),
    ],
)
def test_a_wrong_header_is_refused_before_the_first_row(header: str, message: str, help: str) -> None:
    error = refused(f"{header}\n+12025550143,Ada\n" if header else "")

    assert message in error.message
    assert help in (error.help or "")


def test_a_file_of_another_encoding_is_refused() -> None:
    assert "no readable header" in refused("phone,prénom\n".encode("latin-1")).message


@pytest.mark.parametrize(
    ("column", "cell", "value", "reason"),
    [
        ("phone", "", "", "missing"),
        ("phone", "202-555-0143", "202-5•••0143", "did you mean +1"),
        ("phone", "ada@example.com", "ad•••", "write a phone number as"),
        ("phone", "+18445550100", "+1844•••0100", "toll-free"),
        ("orders", "seventy", "seventy", "expected a whole number, got se•••"),
        ("timezone", "America/Nowhere", "America/Nowhere", "no such time zone: Am•••"),
        ("birthday", "10.12.1990", "10•••", "a date like"),
        ("consent", "maybe", "maybe", "consent must be subscribed"),
        ("consent_at", "2026-11-24 09:00", "2026-11-24 09:00", "with a UTC offset"),
        ("consent_at", "yesterday", "yesterday", "with a UTC offset"),
        ("consent_source", "a\x00b", "a�•••", "invisible characters"),
        ("key", "a\u200bb", "a�•••", "invisible characters"),
        ("key", "k" * 201, "kk•••", "at most 200"),
        ("first_name", "n" * 2001, "nn•••", "at most 2,000"),
    ],
)
def test_a_bad_cell_rejects_its_row_with_place_and_reason(column: str, cell: str, value: str, reason: str) -> None:
    row = {"phone": "+12025550143", "key": "ada", column: cell}
    data = f"{','.join(row)}\n{','.join(row.values())}\n"

    (found,) = read(data)

    assert isinstance(found, Reject)
    assert (found.line, found.column, found.value) == (2, column, value)
    assert reason in found.reason
    assert len(cell) < 3 or cell not in found.reason


def test_bytes_that_are_no_utf8_reject_their_row_and_name_the_cell() -> None:
    first, bad, last = read(b"phone,first_name\n+12025550143,Zo\xc3\xab\n+12025550144,Zo\xeb\n+12025550145,Bob\n")

    assert isinstance(first, ContactRow)
    assert first.values == {"first_name": "Zoë"}
    assert bad == Reject(3, "first_name", "Zo•••", "not UTF-8")
    assert isinstance(last, ContactRow)


def test_a_row_of_too_many_or_too_few_cells_is_rejected() -> None:
    found = read("phone,key\n+12025550143\n+12025550143,a,b\n")

    assert [(item.line, cast(Reject, item).reason) for item in found] == [
        (2, "the row has 1 cells, the header has 2"),
        (3, "the row has 3 cells, the header has 2"),
    ]


def test_a_quote_that_is_never_closed_costs_its_own_line_only() -> None:
    good = "".join(f"+1202555{n:04},n{n}\n" for n in range(100, 200))
    found = read(f'phone,first_name\n+12025550143,"Ada\n{good}')

    assert isinstance(found[0], Reject)
    assert (found[0].line, "not closed" in found[0].reason) == (2, True)
    assert [item.line for item in found[1:] if isinstance(item, ContactRow)] == list(range(3, 103))


def test_at_the_end_of_the_file_too() -> None:
    found = read('phone,first_name\n+12025550143,"Ada\n+12025550144,Bob\n')

    assert [(type(item).__name__, item.line) for item in found] == [("Reject", 2), ("ContactRow", 3)]


def test_text_behind_a_quoted_cell_rejects_its_row() -> None:
    found = read('phone,first_name\n+12025550143,"Ada" B\n+12025550144,Bob\n')

    assert [(type(item).__name__, item.line) for item in found] == [("Reject", 2), ("ContactRow", 3)]


def test_a_line_that_is_too_long_is_skipped() -> None:
    found = read("phone,first_name\n+12025550143," + "x" * 3 * LONGEST_LINE + "\n+12025550144,Bob\n")

    assert [(type(item).__name__, item.line) for item in found] == [("Reject", 2), ("ContactRow", 3)]
    assert "65,536 bytes" in cast(Reject, found[0]).reason


def test_rows_come_in_batches_as_they_are_read() -> None:
    data = "phone\n" + "".join(f"+1202555{n:04}\n" for n in range(100, 107))
    batches = list(read_contacts(BytesIO(data.encode()), FIELDS, typed, batch=3))

    assert [len(batch) for batch in batches] == [3, 3, 1]


class Endless(RawIOBase):
    """A header, then the same bytes for as long as anybody reads, up to `size`."""

    def __init__(self, pattern: bytes, size: int) -> None:
        self._start, self._pattern, self._left = b"phone,first_name\n", pattern, size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while len(self._start) < size and self._left > 0:
            self._start += self._pattern * (LONGEST_LINE // len(self._pattern))
            self._left -= LONGEST_LINE
        block, self._start = self._start[:size], self._start[size:]
        return block


@pytest.mark.parametrize(
    "pattern", [b"x", b'"', b'a"b,"\n', b'"\n', b'""\n', b",,,\n", b"\n", b"\xff\n", b'+12025550143,"a\n']
)
def test_memory_stays_small_whatever_the_file_holds(pattern: bytes) -> None:
    # Were its number alone kept of each line (36 bytes in a list), 30,000 lines would be more than the bound; of the longest pattern
    # fewer are, with their texts.
    stream = Endless(pattern, 20_000_000 if b"\n" not in pattern else min(150_000, 30_000 * len(pattern)))
    tracemalloc.start()
    for batch in read_contacts(cast(BinaryIO, stream), FIELDS, typed, batch=10):
        assert len(batch) <= 10
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 10 * LONGEST_LINE


cells = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=20)


@given(cells)
def test_the_apostrophe_of_export_comes_off_again(cell: str) -> None:
    assert unquoted(quoted(cell)) == cell
    assert not quoted(cell).startswith(("=", "+", "-", "@"))


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=30).filter(
            lambda key: not key.startswith("+")  # that would be a number (C0a)
        ),
        max_size=20,
    )
)
def test_what_a_csv_writer_writes_is_read_back(names: list[str]) -> None:
    lines = [["phone", "key"], *(["+12025550143", quoted(name)] for name in names)]
    lines += [["+12025550143", "last"]]

    assert [row.key for row in rows("\n".join(_written(lines)))] == [*names, "last"]


def _written(lines: list[list[str]]) -> Iterator[str]:
    for line in lines:
        yield ",".join('"' + cell.replace('"', '""') + '"' for cell in line)


@settings(max_examples=examples(200))
@given(st.binary(max_size=300) | st.text(st.sampled_from("ab,;\"\n\r'+1234\x00é"), max_size=200).map(str.encode))
def test_any_bytes_are_rows_or_rejects_in_order(body: bytes) -> None:
    found = read(b"phone,first_name\n" + body + b"\n+12025550143,Ada\n")

    assert [item.line for item in found] == sorted({item.line for item in found})
    assert len(found) >= 1


def test_rejects_are_written_as_they_come_and_can_be_opened_in_a_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "errors.csv"
    rejects = [item for item in read("phone,first_name\n+18445550100,Ada\n=cmd(),Bob\n") if isinstance(item, Reject)]

    assert write_rejects(path, iter(rejects)) == 2

    with path.open(encoding="utf-8", newline="") as file:
        written = list(csv.reader(file))
    assert written[0] == ["line", "column", "value", "reason"]
    assert written[1] == ["2", "phone", "'+1844•••0100", "a toll-free number can't be texted"]
    assert written[2][:3] == ["3", "phone", "'=c•••"]


@pytest.mark.parametrize(
    "data",
    [
        "Phone,First Name\n+12025550143,Ada\n",
        "PHONE\tfirst-name\n+12025550143\tAda\n",
        '"phone";"FIRST_NAME"\n+12025550143;Ada\n',
        "sep=;\nphone;firstname\n+12025550143;Ada\n",
        "phone,first_name\n+1 (202) 555-0143,Ada\n",
        "phone,first_name\n+1.202.555.0143,Ada\n",
    ],
)
def test_the_ways_a_shop_writes_it(data: str) -> None:
    (row,) = rows(data)
    assert (row.phone, row.values) == ("+12025550143", {"first_name": "Ada"})


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_encodings(encoding: str) -> None:
    many = 10_000  # three chunks of the reader's
    text = "phone\tfirst_name\r\n" + "+12025550143\tZoë 🎉\r\n" * many
    found = rows(text.encode(encoding))
    assert len(found) == many and {row.values["first_name"] for row in found} == {"Zoë 🎉"}


def test_two_columns_that_mean_one_field_are_refused() -> None:
    assert "twice" in refused("Phone,phone\n+12025550143,\n").message


@pytest.mark.parametrize(
    ("cell", "consent", "silent"),
    [
        *((cell, "subscribed", False) for cell in ("subscribed", "SUBSCRIBED", "Yes", "TRUE", "1")),
        ("Unsubscribed", "unsubscribed", False),
        *((cell, None, True) for cell in ("no", "FALSE", "0", "")),
    ],
)
def test_what_a_cell_of_consent_says(cell: str, consent: str | None, silent: bool) -> None:
    (row,) = rows(f"phone,consent\n+12025550143,{cell}\n")
    assert (row.consent, row.silent) == (consent, silent)


@pytest.mark.parametrize(
    ("cell", "country", "phone"),
    [
        ("(202) 555-0143", "US", "+12025550143"),
        ("1 202 555 0143", "US", "+12025550143"),
        ("416-555-0123", "CA", "+14165550123"),
        ("07700 900123", "GB", "+447700900123"),
        ("+44 7700 900123", "US", "+447700900123"),
    ],
)
def test_national_numbers_are_taken_where_their_country_is_said(cell: str, country: str, phone: str) -> None:
    data = f"phone\n{cell}\n".encode()
    ((row,),) = read_contacts(BytesIO(data), FIELDS, typed, country=country)
    assert isinstance(row, ContactRow) and row.phone == phone
    ((suppressed,),) = read_phones(BytesIO(data), country=country)
    assert isinstance(suppressed, PhoneRow) and suppressed.phone == phone


@pytest.mark.parametrize("cell", ["202 555 0143", "2025550143", "1-202-555-0143"])
def test_a_national_number_is_told_the_ways_out(cell: str) -> None:
    (reject,) = read(f"phone\n{cell}\n")
    assert isinstance(reject, Reject) and "did you mean +1…?; --country US accepts national numbers" in reject.reason
    ((reject,),) = read_contacts(BytesIO(f"phone\n{cell}\n".encode()), FIELDS, typed, country="GB")
    assert isinstance(reject, Reject)


def test_the_errors_file_runs_nothing_in_a_spreadsheet(tmp_path: Path) -> None:
    write_rejects(tmp_path / "errors.csv", [Reject(2, "=a", "=1+1", '=HYPERLINK("x"): there is no such key')])
    with (tmp_path / "errors.csv").open(newline="") as file:
        assert list(csv.reader(file))[1] == ["2", "'=a", "'=1+1", '\'=HYPERLINK("x"): there is no such key']
