"""The language of faults and their queue."""

from __future__ import annotations

import pytest

from engine.errors import UsageError
from engine.simulator.faults import AT_THE_ANSWER, AT_THE_CALLBACKS, Fault, Faults, parse_fault

ONE, OTHER = "+12025550143", "+12025550144"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("drop_answer", Fault("drop_answer")),
        ("drop_answer:2", Fault("drop_answer", times=2)),
        ("500:*", Fault("500", times=None)),
        ("429@+12025550143:1;retry_after=3", Fault("429", to=ONE, retry_after="3")),
        (
            "429;retry_after=Wed, 26 Nov 2025 12:00:00 GMT",
            Fault("429", retry_after="Wed, 26 Nov 2025 12:00:00 GMT"),
        ),
        ("slow;seconds=0.5", Fault("slow", seconds=0.5)),
        ("odd;status=302;body=<p>;size=10", Fault("odd", status=302, body="<p>", size=10)),
    ],
)
def test_a_fault_is_one_line_of_text(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sunshine",
        "drop_answer:x",
        "drop_answer@12025550143",
        "drop_answer;seconds=1",
        "slow;seconds=soon",
        "slow;seconds=nan",
        "slow;seconds=-1",
        "odd;status=99",
        "429;retry_after=1\r\nX-Evil: 1",
    ],
)
def test_anything_else_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError):
        parse_fault(text)


def test_faults_are_used_up_in_order_by_the_messages_that_fit() -> None:
    faults = Faults()
    for text in (f"500@{OTHER}", "429:2", "503", "duplicate_callbacks"):
        faults.add(parse_fault(text))
    met = [faults.take(AT_THE_ANSWER, to) for to in (ONE, ONE, OTHER, ONE, ONE)]
    assert [fault and fault.kind for fault in met] == ["429", "429", "500", "503", None]
    assert [fault.kind for fault in faults.waiting()] == ["duplicate_callbacks"]
    callback = faults.take(AT_THE_CALLBACKS, ONE)
    assert callback is not None
    assert callback.kind == "duplicate_callbacks"


def test_a_fault_for_ever_stays_and_one_for_no_time_never_comes() -> None:
    faults = Faults()
    faults.add(parse_fault("500:0"))
    faults.add(parse_fault("503:*"))
    kinds = {fault.kind for fault in (faults.take(AT_THE_ANSWER, ONE) for _ in range(50)) if fault}
    assert kinds == {"503"}
