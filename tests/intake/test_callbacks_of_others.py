"""Who signs for one sender has no say about another's messages (M7)."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from engine.intake import inbound
from engine.senders.sender import StatusReport
from tests.stories.consent.stage import FREE, LONG, Shop

pytestmark = pytest.mark.usefixtures("each_database")


def test_a_status_counts_from_the_messages_own_sender_alone(tmp_path: Path) -> None:
    """Whether its id is known already or not."""
    cases = [*product(("local", "main"), (True, False), (True, False))]
    with Shop(tmp_path) as shop:
        for phone, (sender, tagged, known) in zip(shop.crowd(len(cases)), cases, strict=True):
            shop.event("list.joined", phone)
            shop.tick()
            if not known:
                shop.simulator.add_fault("drop_answer")
            shop.send_all()
            message, entry = shop.messages()[-1], shop.simulator.ledger.messages()[-1]
            assert entry.to == phone
            now = shop.clock.now()
            key = message.tag if tagged else None
            report = StatusReport(entry.id, key, "undelivered", "1", None, now, opted_out=True)
            inbound.receive_statuses(shop.app.database, sender, [report], now)
            shop.tick()
            after = shop.messages()[-1]
            own = sender == {LONG: "local", FREE: "main"}[entry.from_] and (tagged or known)
            assert after.status == ("undelivered" if own else message.status), (sender, tagged, known)
            assert shop.consent_of(phone) == ("unsubscribed" if own else "subscribed"), (sender, tagged, known)
