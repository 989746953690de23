"""`check` looks at contacts.csv: bounded, masked, without a database."""

from __future__ import annotations

from io import BytesIO

import pytest

from engine.contacts.csv_check import MOST_ROWS, MOST_SHOWN, contact_findings
from engine.language.diagnostics.rendering import render
from engine.language.model.project import Project

PROJECT = Project(project="shop", brand="Shop", timezone="UTC", fields={"orders": "integer"})


def said(text: str) -> list[str]:
    findings = contact_findings(BytesIO(text.encode()), PROJECT)
    return render(findings, {"contacts.csv": text}, "concise").splitlines()


def phone(number: int) -> str:
    return f"+1{200 + number // 100:03}55501{number % 100:02}"


def test_a_good_file_has_nothing() -> None:
    assert said("phone,first_name,orders\n+12025550143,Ada,3\n+12125550107,Ben,\n") == []


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("phone,ordrs", 'the contacts file has an unknown column: "ordrs"'),
        ("first_name", 'the contacts file has no column "phone"'),
        ("", 'the contacts file has no column "phone"'),
    ],
)
def test_a_header_that_cannot_be_used(header: str, message: str) -> None:
    assert said(f"{header}\n+12025550143,3\n") == [f"contacts.csv:1:1: error[LO711]: {message}"]


def test_rows_that_an_import_refuses_have_their_line_and_no_whole_value() -> None:
    found = said("phone,key,orders\n+12025550143,ada,many\n0202555014,ben,1\n+12025550107,a,1\n+12025550107,b,1\n")
    assert [line.split(": ")[0] for line in found] == ["contacts.csv:2:1", "contacts.csv:3:1", "contacts.csv:5:1"]
    assert "error[LO712]: orders" in found[0]
    assert 'error[LO712]: phone ("' in found[1]
    assert (
        found[2]
        == 'contacts.csv:5:1: error[LO712]: phone ("+1202•••0107"): line 4 has the same number with another key'
    )
    assert not any("many" in line or "0202555014" in line for line in found)


def test_the_lines_of_the_file_are_in_no_excerpt() -> None:
    findings = contact_findings(BytesIO(b"phone\n+1202\n"), PROJECT)
    assert "+1202\n" not in render(findings, {})


def test_many_bad_rows_are_counted_not_listed() -> None:
    found = said("phone\n" + "nobody\n" * 1_000)
    assert len(found) == MOST_SHOWN + 1
    assert found[-1] == f"contacts.csv:{MOST_SHOWN + 2}:1: error[LO712]: {1_000 - MOST_SHOWN} more rows are rejected"


def test_no_more_rows_are_looked_at_than_are_promised() -> None:
    assert said("phone\n" + "+12025550143\n" * MOST_ROWS + "nobody\n") == []


def test_real_numbers_are_one_warning() -> None:
    assert said("phone\n+12025550143\n+12125551234\n+12125551235\n") == [
        "contacts.csv:3:1: warning[LO702]: 2 numbers may be real people's numbers: this is the first (+1212•••1234)"
    ]
