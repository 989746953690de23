"""Imports, events, STOP, START, callbacks in any order, the clock, apply, kill and restart, in orders that nobody wrote down.

The gate plays some hundred short stories, the same ones each time; `make deep` plays more, other and longer ones.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.exploration import examples, is_deep
from tests.stories.model import LOUD, PEOPLE, QUIET, ModelShop, make_template
from tests.world import HOUR, MINUTE

STORIES = {"sqlite": 200, "postgres": 40}  # what they do is the same: a story takes three times as long there
PARTS = 4  # so that all cores take some
phones = st.sampled_from(PEOPLE)
consents = st.sampled_from(["subscribed", "unsubscribed"])
FAULTS = ("503;retry_after=30", "429;retry_after=3", "reset", "drop_answer", "reset_after", "500")


class Promises(RuleBasedStateMachine):
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.scratch = tempfile.TemporaryDirectory()
        self.shop = ModelShop(Path(self.scratch.name) / "shop", self.template).__enter__()
        self.broken = False

    @rule(phone=phones, id=st.sampled_from(["a", "b", "c"]), consent=st.none() | consents)
    def join(self, phone: str, id: str, consent: str | None) -> None:
        self.shop.take("list.joined", phone, id, consent)

    @rule(phone=phones, id=st.sampled_from(["c", "d"]))
    def order(self, phone: str, id: str) -> None:
        self.shop.take("order.placed", phone, id, None)

    @rule(rows=st.lists(st.tuples(phones, consents), min_size=1, max_size=3))
    def import_contacts(self, rows: list[tuple[str, str]]) -> None:
        self.shop.import_rows(rows)

    @rule(words=st.sampled_from(["STOP", "START", "hello"]), phone=phones)
    def text(self, words: str, phone: str) -> None:
        self.shop.text(words, phone)

    @rule(fault=st.none() | st.sampled_from(FAULTS))
    def send(self, fault: str | None) -> None:
        if fault is not None:
            self.shop.simulator.add_fault(fault)
        self.shop.deliver()

    @rule()
    def tick(self) -> None:
        self.shop.tick()

    @rule(after=st.sampled_from([1, MINUTE, HOUR, 6 * HOUR, 11 * HOUR, 21 * HOUR]))
    def later(self, after: int) -> None:
        self.shop.tick(after)
        self.shop.deliver()

    @rule(
        order=st.lists(st.integers(0, 20), max_size=3),
        statuses=st.permutations(["sent", "delivered"]) | st.sampled_from([("failed",), ("sent", "undelivered")]),
    )
    def report(self, order: list[int], statuses: tuple[str, ...]) -> None:
        self.shop.report(order, tuple(statuses))

    @rule(hours=st.sampled_from([LOUD, QUIET]), last=st.sampled_from(["last chance", "going, going"]))
    def apply(self, hours: str, last: str) -> None:
        self.shop.deploy(hours, last)

    @rule(how=st.sampled_from(["idle", "claimed", "requested"]))
    def kill(self, how: str) -> None:
        self.shop.kill(how)

    @invariant()
    def promises(self) -> None:
        try:
            self.shop.check()
        except AssertionError:
            self.broken = True
            raise

    def teardown(self) -> None:
        try:
            if not self.broken:
                self.shop.play_out()
                self.shop.nobody_is_lost()
        finally:
            self.shop.__exit__(None, None, None)
            self.scratch.cleanup()


@pytest.mark.hypothesis
@pytest.mark.parametrize("part", range(PARTS))
def test_promises_hold_whatever_happens_in_whatever_order(
    part: int, each_database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    Promises.template = make_template(tmp_path_factory.mktemp("template") / "shop")
    run_state_machine_as_test(
        Promises if is_deep() else seed(part)(Promises),
        settings=settings(
            max_examples=examples(STORIES[each_database] // PARTS),
            stateful_step_count=40 if is_deep() else 12,
            derandomize=False,  # the seed decides
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )
