"""`# leadoff: ignore[LOnnn] why`: what it silences, and what it does not."""

from __future__ import annotations

import pytest

from tests.walker import checked

HEAD = "flow: sample\nlanguage: 1\ncategory: transactional\ntrigger: manual\nsteps:\n"
FIRST = '  - {id: first, sms: "Hello"}\n'


def codes(flow: str) -> list[str]:
    return [f"{found.span.line} {found.code}" for found in checked(flow).findings]


def test_without_one_the_warning_is_there() -> None:
    assert codes(HEAD + FIRST + "  - id: second\n    sms: And more\n") == ["7 LO504"]


@pytest.mark.parametrize(
    "comment",
    ["# leadoff: ignore[LO504] one text", "# leadoff: ignore [ LO504 ] one text", "# leadoff: ignore[LO504] #1"],
)
def test_a_warning_is_silenced_on_the_line_of_its_key(comment: str) -> None:
    assert codes(f"{HEAD}{FIRST}  - id: second  {comment}\n    sms: And more\n") == []


def test_it_stands_on_that_line_and_no_other() -> None:
    flow = f"{HEAD}{FIRST}  - id: second\n    sms: And more  # leadoff: ignore[LO504] one text\n"
    assert codes(flow) == ["7 LO504", "8 LO705"]


def test_a_finding_inside_a_block_text_is_silenced_at_the_key() -> None:
    text = "      It is here, in camel and in green, and it is yours to take away 🎉 come\n"
    assert codes(f"{HEAD}  - id: hero\n    sms: |\n{text}") == ["8 LO412"]
    assert codes(f"{HEAD}  - id: hero\n    sms: |  # leadoff: ignore[LO412] a party\n{text}") == []


def test_several_codes_are_used_up_one_by_one() -> None:
    flow = f"{HEAD}{FIRST}  - id: second  # leadoff: ignore[LO504, LO505] one text\n    sms: And more\n"
    (found,) = checked(flow).findings
    assert (found.code, found.message) == ("LO705", "there is no LO505 on this line")
    assert found.instead is None  # half of it is needed


def test_an_error_is_never_silenced() -> None:
    found = checked(f"{HEAD}  - exit: done\ncolour: red  # leadoff: ignore[LO201] we like it\n").findings
    assert [(each.code, each.severity) for each in found] == [("LO201", "error"), ("LO705", "warning")]


@pytest.mark.parametrize("text", ['"# leadoff: ignore[LO504] x"', "|\n      # leadoff: ignore[LO504] x"])
def test_inside_a_text_it_is_text(text: str) -> None:
    assert codes(f"{HEAD}  - id: first\n    sms: {text}\n") == []


def test_without_a_reason_nothing_is_silenced() -> None:
    assert codes(f"{HEAD}{FIRST}  - id: second # leadoff: ignore[LO504]\n    sms: And more\n") == ["7 LO504", "7 LO704"]


def test_an_ignore_of_an_ignore_does_nothing() -> None:
    assert codes(f"{HEAD}  - exit: done # leadoff: ignore[LO705] hush\n") == ["6 LO705"]


def test_a_file_that_cannot_be_read_has_no_say() -> None:
    assert codes(f'{HEAD}  - exit: "done # leadoff: ignore[LO101] hush\n') == ["6 LO101"]
