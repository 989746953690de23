"""Triggers as they are written: what is read, what is refused and where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from engine.core.program import Trigger
from engine.core.recurrence import Cron, DateField, Once, Recurrence, next_firing
from engine.language.values.moments import parse_clock, parse_cron, parse_moment, parse_offset
from tests.walker import checked, compiled

HOUR, DAY = 3_600_000, 86_400_000
FLOW = "flow: sample\nlanguage: 1\ntrigger: {}\nsteps:\n  - exit: done\n"
PEOPLE = "audience: {contact: {country: US}}"


def trigger(written: str) -> Trigger:
    (found,) = compiled(FLOW.replace("{}", written, 1)).triggers
    return found


def found(written: str) -> list[str]:
    return [f"{each.code} {each.path}" for each in checked(FLOW.replace("{}", written, 1)).findings]


def test_keywords_are_compared_as_texts_are() -> None:
    assert trigger("{keyword: [JOIN, Vip-Club]}").words == {"join", "vip club"}
    assert trigger("{keyword: Join}").words == {"join"}


@pytest.mark.parametrize(
    ("written", "recurrence"),
    [
        (f'{{schedule: {{cron: "0  9 * * mon", {PEOPLE}}}}}', Recurrence(Cron("0 9 * * MON"), None)),
        (f'{{schedule: {{cron: "0 9 * * 1", timezone: project, {PEOPLE}}}}}', Recurrence(Cron("0 9 * * 1"), "America/New_York")),
        (f'{{schedule: {{at: "1970-01-02 01:00", timezone: Asia/Kathmandu, {PEOPLE}}}}}', Recurrence(Once(25 * HOUR), "Asia/Kathmandu")),
        (
            '{date: {field: contact.birthday, offset: -1w2d, time: "09:05"}}',
            Recurrence(Cron("5 9 * * *"), None, DateField("birthday", -9, True)),
        ),
        (
            '{date: {field: contact.birthday, time: "23:59", every: once}}',
            Recurrence(Cron("59 23 * * *"), None, DateField("birthday", 0, False)),
        ),
    ],
)  # fmt: skip
def test_what_the_clock_is_told(written: str, recurrence: Recurrence) -> None:
    assert trigger(written).recurrence == recurrence


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("manual", "started by hand"),
        ("{event: list.joined}", "event list.joined"),
        ("{event: list.joined, where: {event: {list: vip}}}", "event list.joined, where list vip"),
        ("{keyword: [JOIN, Vip-Club]}", "texts JOIN or Vip-Club"),
        (f'{{schedule: {{cron: "0  9 * * mon", {PEOPLE}}}}}', "cron 0 9 * * MON, for contact country US"),
        (
            f'{{schedule: {{at: "2027-01-02 01:00", timezone: project, {PEOPLE}}}}}',
            "2027-01-02 01:00, project time, for contact country US",
        ),
        ('{date: {field: contact.birthday, offset: -1w2d, time: "09:05"}}', "9d before contact.birthday at 09:05"),
        ('{date: {field: contact.birthday, time: "23:59", every: once}}', "contact.birthday at 23:59, once"),
    ],
)
def test_a_trigger_in_words(written: str, words: str) -> None:
    (flow,) = checked(FLOW.replace("{}", written, 1)).flows.values()
    assert [each.describe() for each in flow.trigger] == [words]


def test_a_trigger_is_the_same_for_as_long_as_it_says_the_same() -> None:
    one = trigger(f'{{schedule: {{cron: "0 9 * * MON", {PEOPLE}}}}}')
    same = trigger(f'{{schedule: {{{PEOPLE}, timezone: contact, cron: "0 9  * * mon"}}}}')
    other = trigger(f'{{schedule: {{cron: "0 9 * * TUE", {PEOPLE}}}}}')
    assert one.key == same.key != other.key


@pytest.mark.parametrize(
    ("written", "findings"),
    [
        ("sometimes", ["LO206 trigger"]),
        ("{sometimes: now}", ["LO201 trigger.sometimes"]),
        ("[]", ["LO208 trigger"]),
        ("{keyword: []}", ["LO208 trigger.keyword"]),
        ("{keyword: [JOIN, 24]}", ["LO206 trigger.keyword[1]"]),
        ("[manual, {keyword: stop}]", ["LO241 trigger[1].keyword"]),
        ("{event: list.joined, keyword: JOIN}", ["LO201 trigger.keyword"]),
        ('{schedule: {cron: "0 9 * * MON"}}', ["LO205 trigger.schedule.audience"]),
        (f"{{schedule: {{{PEOPLE}}}}}", ["LO205 trigger.schedule"]),
        (f'{{schedule: {{cron: "0 9 * * MON", at: "2027-06-01 09:00", {PEOPLE}}}}}', ["LO203 trigger.schedule"]),
        (f'{{schedule: {{cron: "9 * *", {PEOPLE}}}}}', ["LO240 trigger.schedule.cron"]),
        (f'{{schedule: {{cron: "0 9 * * *", timezone: Mars, {PEOPLE}}}}}', ["LO233 trigger.schedule.timezone"]),
        (f'{{schedule: {{cron: "0 9 * * *", spread: 25h, {PEOPLE}}}}}', ["LO230 trigger.schedule.spread"]),
        (f'{{schedule: {{cron: "0 9 * * *", spread: 0m, {PEOPLE}}}}}', ["LO230 trigger.schedule.spread"]),
        ("{schedule: daily}", ["LO206 trigger.schedule"]),
        ('{date: {field: birthday, time: "09:00"}}', ["LO232 trigger.date.field"]),
        ("{date: {field: contact.birthday}}", ["LO205 trigger.date.time"]),
        ('{date: {field: contact.birthday, offset: 3h, time: "09:00"}}', ["LO230 trigger.date.offset"]),
        ('{date: {field: contact.birthday, time: "09:00", every: month}}', ["LO207 trigger.date.every"]),
        ('{schedule: {at: "2027-06-01 09:00", audience: nobody}}', ["LO320 trigger.schedule.audience"]),
        ("{segment: nobody}", ["LO320 trigger.segment"]),
    ],
)  # fmt: skip
def test_what_is_refused_and_where(written: str, findings: list[str]) -> None:
    assert sorted(found(written)) == sorted(findings)


@pytest.mark.parametrize(("text", "days"), [("-3d", -3), ("+2d", 2), ("1w", 7), ("-1w1d", -8), ("0d", 0)])
def test_offsets(text: str, days: int) -> None:
    assert parse_offset(text) == days


@pytest.mark.parametrize("text", ["", "-", "3", "3h", "1d1w", "- 3d", "9999w", None, 3])
def test_what_is_no_offset(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        parse_offset(text)


@pytest.mark.parametrize("text", ["9:00", "24:00", "09:60", "09:00 ", "٠٩:٠٠", 540, None])
def test_what_is_no_time_of_day(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        parse_clock(text)


def test_times() -> None:
    assert (parse_clock("00:00"), parse_clock("23:59")) == (0, DAY - 60_000)
    assert parse_moment("1970-01-03 00:00") == 2 * DAY


@pytest.mark.parametrize("text", ["0001-01-01 00:00", "1969-12-31 23:59", "2200-01-01 00:00", "9999-12-31 23:59"])
def test_a_year_with_which_no_calendar_reckons(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="between 1970 and 2199"):
        parse_moment(text)


def read(text: str) -> Cron | str:
    """What is read, or the code with which it is refused."""
    try:
        return parse_cron(text)
    except PydanticCustomError as error:
        return error.type


@given(st.one_of(st.text("0123456789*/,-#L MONSUW", max_size=30), st.text(max_size=120)))
def test_a_cron_text_is_refused_or_comes(text: str) -> None:
    rule = read(text)
    if isinstance(rule, str):
        assert rule == "LO240"
    else:
        assert next_firing(rule, "America/New_York", 1_806_588_000_000) is not None


@pytest.mark.parametrize(
    "text", ["9" * 5_000 + " * * * *", "* * * * * *", "@daily", "1-0 * * * *", "*/0 * * * *", "0 0 31 4 *"]
)
def test_what_is_no_cron_text(text: str) -> None:
    with pytest.raises(PydanticCustomError):
        parse_cron(text)


@pytest.mark.parametrize(("written", "held_out"), [("10%", 1_000), ("0.01%", 1), ("2.5%", 250), ("50%", 5_000)])
def test_a_share_of_contacts_is_held_out(written: str, held_out: int) -> None:
    assert compiled(FLOW.replace("{}", f"manual\nholdout: {written}", 1)).holdout == held_out


@pytest.mark.parametrize("written", ["10", "0%", "0.001%", "50.01%", "100%", "0.1", "-1%", "yes", "[10%]"])
def test_what_is_no_holdout(written: str) -> None:
    assert found(f"manual\nholdout: {written}") == ["LO208 holdout"]
