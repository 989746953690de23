"""A file of tests, changed at random: what `check` accepts can be played, judged, told and accepted."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language.check import ProjectFiles, check
from engine.preview.flow_tests.accept import accepted
from engine.preview.flow_tests.failure_text import Where, told
from engine.preview.flow_tests.people import UnreadableTest
from engine.preview.flow_tests.reports import REPORTS
from engine.preview.flow_tests.runner import Runner
from engine.preview.worlds.stage import Stage
from engine.registry import registry
from tests.exploration import examples
from tests.preview.flow_tests.bench import FLOW, HEAD
from tests.walker import PROJECT, look

TESTS = f"""\
{HEAD}  - name: one
    happens: [{{event: list.joined, data: {{list: vip}}}}, {{after: 1h, since: hero, clicked: shop}}]
    expect: [{{mms: hero, at: "2027-04-02 09:00", text_has: Hi}}, {{sms: reminder, parts: 1}}, {{exit: engaged, after: 2d, since: hero}}]
    cost_at_most: 0.06
  - name: two
    draws: {{cut: long}}
    until: 20d
    each:
      - {{contact: {{phone: "+18765550119"}}, expect: [{{sms: hero, zone: America/Jamaica}}, {{waits: pause}}]}}
      - {{contact: {{consent: unsubscribed}}, holds: {{messages_at_most: 0, none_between: ["20:00", "09:00"]}}}}
"""
TOKEN = re.compile(r'"[^"\n]*"|[A-Za-z_@][\w.@-]*|\d[\w.-]*')
WORDS = [
    "0", "1", "-1", "1d", "0m", "1825d", "9w", '"2027-03-14 02:30"', '"2027-04-01 10:00"', '"2199-12-31 23:59"', '"0001-01-01 00:00"',
    "hero", "pause", "reminder", "longer", "cut", "null", "true", "[]", "{}", '""', "\"{{ link('shop') }}\"", '"{{ contact.tier }}"',
    "at", "after", "since", "sms", "mms", "exit", "waits", "skipped", "cancelled", "answer", "help", "event", "data", "set", "consent",
    "unsubscribed", "unknown", "delivered", "failed", "clicked", "replied", "STOP", "started", "answered", "drop", "phone",
    '"+12025550143"', '"+447700900123"', "timezone", '"Pacific/Apia"', "UTC", "EST", "tags", "birthday", '"1990-02-29"', "expect", "holds",
    "happens", "draws", "until", "each", "contacts", "text", "text_lacks", "price", "zone", "held", "reason", "picture", "1e999", "beside",
]  # fmt: skip
EDIT = st.tuples(st.floats(0, 1, exclude_max=True), st.sampled_from(WORDS))


@settings(max_examples=examples(150))
@given(st.lists(EDIT, min_size=1, max_size=3))
def test_what_check_accepts_can_be_played(edits: list[tuple[float, str]]) -> None:
    source = TESTS
    for where, word in edits:
        tokens = list(TOKEN.finditer(source))
        token = tokens[int(where * len(tokens))]
        source = source[: token.start()] + word + source[token.end() :]
    said = {"leadoff.yaml": PROJECT, "flows/drop.yaml": FLOW, "flows/drop.test.yaml": source}
    checked = check(ProjectFiles({path: text.encode() for path, text in said.items()}, look), registry())
    if any(found.severity == "error" for found in checked.findings):
        return
    (draft,) = checked.tests
    try:
        results = list(Runner(Stage(checked), lambda path: None).run(draft))
    except UnreadableTest:
        return
    place = Where("", {}, "USD")
    for result in results:
        assert result.passed or "".join(told(result, place))
        accepted(draft.document, result.differences)
    assert all(report([(result, place) for result in results]) for report in REPORTS.values())
