"""Whatever happens, in whatever order: the tally says what the tables hold, after each act.

Two daemons work on one database. The stories follow one another in the same shop, so that a later one meets what an earlier one left.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from engine.app import App
from engine.core.retry import LEASE_MS
from engine.delivery.outbox import send_all_due
from engine.errors import Refused
from engine.intake import inbound
from engine.language.model.safeguards import Retention
from engine.senders.sender import InboundText, StatusReport
from engine.store import forgetting, holds, meta, outbox, tally_proof
from engine.upkeep.retention import delete_old
from tests import databases
from tests.exploration import examples
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, World

PEOPLE = (ADA, BEN, CY)
FAULTS = ("503;retry_after=30", "reset", "drop_answer", "500")
REPORTS = (("sent", "delivered"), ("delivered", "sent"), ("failed",), ("sent", "undelivered"))
STORIES = {"sqlite": 10, "postgres": 4}
MONTH = Retention.model_validate(dict.fromkeys(("events", "messages", "runs"), "30d"))
FLOW = """\
flow: spring
language: 1
category: transactional
trigger: {event: list.joined}
entry: {while_active: restart}
steps:
  - {id: hero, sms: {text: 'Look: {{ link("shop") }}', image: media/hero.png, otherwise: text}}
  - {id: bought, wait_for: {happened: order.placed}, up_to: 20h, then: [{exit: bought}]}
  - {id: last, sms: 'Last chance: {{ link("shop") }}'}
"""
EDITED = FLOW.replace("id: hero", "id: picture").replace("up_to: 20h", "up_to: 2d") + "moved: {hero: picture}\n"
Act = tuple[Callable[..., None], tuple[object, ...]]


class TwoDaemons(World):
    """What may happen to a shop. `by`: 0 or 1, the daemon that does it."""

    def __enter__(self) -> TwoDaemons:
        super().__enter__()
        self.second = App(self.folder, databases.environ(), self.clock)
        self.engines = (self.engine, self.second.engine())
        self.outboxes = (self.outbox, self.second.outboxes(self.simulator.url)[0])
        self.said = 0
        return self

    def __exit__(self, *error: object) -> None:
        self.outboxes[1].sender.close()
        self.second.close()
        super().__exit__(*error)  # type: ignore[arg-type]

    def happens(self, name: str, phone: str) -> None:
        self.event(name, phone, {"list": "vip"} if name == "list.joined" else {"order_id": "7", "total": "5 USD"})

    def says(self, words: str, phone: str) -> None:
        self.said += 1
        text = InboundText(f"in-{self.said}", phone, "+18445550100", words, (), self.clock.now())
        inbound.receive_texts(self.app.database, [text], self.clock.now(), self.app.deployed)

    def clicks(self, which: int) -> None:
        with self.app.database.reading() as db:
            codes = [code for (code,) in db.execute("SELECT code FROM link ORDER BY code")]
        if codes:
            inbound.record_click(self.app.database, codes[which % len(codes)], self.clock.now())

    def ticks(self, by: int, after: int) -> None:
        self.clock.move_to(self.clock.now() + after)
        self.engines[by].tick(self.clock.now())

    def sends(self, by: int, fault: str | None) -> None:
        if fault is not None:
            self.simulator.add_fault(fault)
        send_all_due(self.outboxes[by], self.clock.now)

    def dies(self, by: int, requested: bool) -> None:
        """Between the claim, or the request, and the answer; another daemon takes over."""
        box = self.outboxes[by]
        for message in box.claim(self.clock.now(), 2).outgoing:
            if requested:
                box.send(message, self.clock.now(), self.clock.now)
        self.clock.move_to(self.clock.now() + LEASE_MS + 1)
        self.app.database.write(lambda db: outbox.recover(db, self.clock.now(), (), self.clock.now()))

    def reports(self, which: int, statuses: tuple[str, ...]) -> None:
        entries = self.simulator.ledger.messages()
        if entries:
            entry = entries[which % len(entries)]
            told = [StatusReport(entry.id, entry.tag, each, None, None, self.clock.now()) for each in statuses]
            inbound.receive_statuses(self.app.database, "main", told, self.clock.now())

    def edits(self, flow: str) -> None:
        self.write(flow)
        self.apply()

    def pauses(self, is_over: bool) -> None:
        flow = self.app.deployed().names.flow_ids["spring"]
        self.app.database.write(
            lambda db: holds.resume(db, flow) if is_over else holds.pause(db, flow, self.clock.now())
        )

    def forgets(self, phone: str) -> None:
        try:
            forgetting.forget(self.app.database, phone, self.clock.now())
        except Refused:  # a request is under way
            return

    def a_month_goes_by(self) -> None:
        self.clock.move_to(self.clock.now() + 31 * DAY)
        self.app.database.write(lambda db: meta.remove(db, meta.RETENTION))
        delete_old(self.app.database, MONTH, self.clock.now)

    def is_counted_right(self) -> None:
        with self.app.database.reading() as db:
            assert not [each for each in tally_proof.differences(db) if each.key.flow]


def _act(deed: Callable[..., None], *values: st.SearchStrategy[object]) -> st.SearchStrategy[Act]:
    return st.tuples(st.just(deed), st.tuples(*values))


phones, daemons, numbers = st.sampled_from(PEOPLE), st.integers(0, 1), st.integers(0, 9)
acts = st.one_of(
    _act(TwoDaemons.happens, st.sampled_from(["list.joined", "list.joined", "order.placed"]), phones),
    _act(TwoDaemons.says, st.sampled_from(["STOP", "START", "thanks"]), phones),
    _act(TwoDaemons.clicks, numbers),
    _act(TwoDaemons.ticks, daemons, st.sampled_from([1, MINUTE, HOUR, 21 * HOUR])),
    _act(TwoDaemons.ticks, daemons, st.sampled_from([1, MINUTE])),
    _act(TwoDaemons.sends, daemons, st.none() | st.sampled_from(FAULTS)),
    _act(TwoDaemons.sends, daemons, st.none()),
    _act(TwoDaemons.dies, daemons, st.booleans()),
    _act(TwoDaemons.reports, numbers, st.sampled_from(REPORTS)),
    _act(TwoDaemons.edits, st.sampled_from([EDITED, EDITED.replace("Last chance", "Going, going")])),
    _act(TwoDaemons.pauses, st.booleans()),
    _act(TwoDaemons.forgets, phones),
    _act(TwoDaemons.a_month_goes_by),
)


@pytest.mark.hypothesis
def test_the_tally_is_right_whatever_happens(each_database: str, tmp_path: Path) -> None:
    with TwoDaemons(tmp_path, FLOW) as shop:

        @settings(
            max_examples=examples(STORIES[each_database]),
            phases=[Phase.generate],  # a shorter story in the same shop would be another one
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(acts, min_size=15, max_size=15))
        def play(story: list[Act]) -> None:
            for phone in PEOPLE:
                shop.happens("list.joined", phone)
            shop.ticks(0, 1)
            shop.sends(0, None)
            for deed, values in story:
                deed(shop, *values)
                shop.is_counted_right()

        play()
