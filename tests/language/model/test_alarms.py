"""`stop_if` and `notify` as they are written: what is read, what is refused and how it is said."""

from __future__ import annotations

import pytest

from engine.core.stop_limits import NO_STOP, StopLimits
from engine.language.check import Checked
from engine.language.compiler import canonical_hash, compile_project
from engine.language.diagnostics.findings import Finding
from tests.language.test_check import HEAD, project
from tests.walker import PROJECT

STEPS = "steps: [{exit: done}]\n"


def read(added: str, flow: str = "") -> Checked:
    return project(leadoff=PROJECT + added, sample=HEAD + flow + STEPS)


def wrong(added: str) -> Finding:
    return next(each for each in read(added).findings if each.severity == "error")


def limits(added: str, flow: str = "") -> StopLimits:
    return compile_project(read(added, flow), b"")["sample"].stop_if


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{opted_out: 3%, failed: 20%}", StopLimits(15, 100)),
        ("{opted_out: 0.5%}", StopLimits(3, None)),
        ("{failed: 100%}", StopLimits(None, 500)),
        ("{failed: 0.001%}", StopLimits(None, 1)),
        ("off", NO_STOP),
    ],
)
def test_shares_are_counts_of_five_hundred_messages_rounded_up(written: str, meant: StopLimits) -> None:
    assert limits(f"stop_if: {written}\n") == meant


def test_a_flows_own_comes_before_the_projects_and_without_either_there_is_none() -> None:
    assert limits("") == NO_STOP
    assert limits("stop_if: {failed: 20%}\n", "stop_if: {opted_out: 1%}\n") == StopLimits(5, None)
    assert limits("stop_if: {failed: 20%}\n", "stop_if: off\n") == NO_STOP


@pytest.mark.parametrize(
    ("written", "message", "help"),
    [
        ("{opted_out: 3}", "expected a share of messages", "write it as a share: 3%"),
        ("{opted_out: 0.03}", "expected a share of messages", "0.03%"),
        ('{opted_out: "3 %"}', "expected a share of messages", '"3%"'),
        ("{opted_out: true}", "expected a share of messages", '"3%"'),
        ("{opted_out: 0%}", "more than 0% and at most 100%", ""),
        ("{failed: 101%}", "more than 0% and at most 100%", ""),
        ("{opt_out: 3%}", 'unknown key "opt_out"', "opted_out"),
        ("{}", "this stops nothing", "opted_out: 3%"),
        ("3%", "expected", ""),
        ("[3%]", "expected", ""),
    ],
)
def test_what_is_no_share_is_refused(written: str, message: str, help: str) -> None:
    found = wrong(f"stop_if: {written}\n")
    assert message in found.message
    assert help in (found.help or "")


@pytest.mark.parametrize(
    "written",
    [
        "alarms.acme.example",
        "ftp://acme.example",
        "https://me:secret@acme.example/x",
        "https://acme.example/#a",
        "3",
        "[https://a.example]",
    ],
)
def test_what_is_no_address_is_refused(written: str) -> None:
    assert wrong(f"notify: {{webhook: {written!r}}}\n").code in ("LO236", "LO206", "LO701")


def test_a_slack_webhook_in_the_file_is_a_secret_in_the_file() -> None:
    found = wrong("notify: {webhook: https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX}\n")
    assert (found.code, found.message) == ("LO701", "this looks like a Slack webhook")


def test_what_was_deployed_before_these_keys_is_no_other_project() -> None:
    """Their defaults say nothing, so they are in no digest."""
    assert canonical_hash(read("stop_if: off\nnotify: {}\n")) == canonical_hash(read(""))
    assert canonical_hash(read("stop_if: {failed: 20%}\n")) != canonical_hash(read(""))
    assert canonical_hash(read("notify: {webhook: https://alarms.example}\n")) != canonical_hash(read(""))
    before = compile_project(read(""), b"")["sample"].revision
    assert compile_project(read("stop_if: {failed: 20%}\n"), b"")["sample"].revision == before
    assert compile_project(read("", "stop_if: {failed: 20%}\n"), b"")["sample"].revision != before
