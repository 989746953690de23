"""Who signs for one sender has no say about another's messages (M7)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.intake import inbound
from engine.senders.sender import StatusReport
from tests.stories.consent.stage import FREE, LONG, Shop
from tests.world import ADA

pytestmark = pytest.mark.usefixtures("each_database")


@pytest.mark.parametrize("known", [True, False], ids=["its id is known", "its id is not known yet"])
@pytest.mark.parametrize("tagged", [True, False])
@pytest.mark.parametrize("sender", ["local", "main"])
def test_a_status_counts_from_the_messages_own_sender_alone(
    tmp_path: Path, sender: str, tagged: bool, known: bool
) -> None:
    with Shop(tmp_path) as shop:
        shop.event("list.joined", ADA)
        shop.tick()
        if not known:
            shop.simulator.add_fault("drop_answer")
        shop.send_all()
        (message,), (entry,) = shop.messages(), shop.simulator.ledger.messages()
        now = shop.clock.now()
        key = message.tag if tagged else None
        report = StatusReport(entry.id, key, "undelivered", "1", None, now, opted_out=True)
        inbound.receive_statuses(shop.app.database, sender, [report], now)
        shop.tick()
        (after,) = shop.messages()
        own = sender == {LONG: "local", FREE: "main"}[entry.from_] and (tagged or known)
        assert after.status == ("undelivered" if own else message.status)
        assert shop.consent_of() == ("unsubscribed" if own else "subscribed")
