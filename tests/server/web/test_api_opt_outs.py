"""An opt-out in a request that is refused counts, and the answer says so (C0)."""

from __future__ import annotations

from engine.contacts.refused_opt_outs import SAID
from engine.store import contacts
from tests.server.web.caller import Caller, joined
from tests.world import ADA, BEN

NEW, ZED = "+12025550188", "+12025550178"


def test_the_site_says_so_too(caller: Caller) -> None:
    world = caller.world

    def status(phone: str) -> str:
        with world.app.database.reading() as db:
            return contacts.consents(db, [phone])[phone][0]

    answer = caller.ask("PUT", f"/v1/contacts/{ADA}", {"consent": "unsubscribed", "orders": "many"})
    assert (answer.status_code, status(ADA)) == (422, "unsubscribed")
    assert answer.json()["detail"].endswith(SAID) and caller.desk.woken == 1
    answer = caller.ask("POST", "/v1/flows/nothing/start", {"contact": {"phone": BEN, "consent": "unsubscribed"}})
    assert (answer.status_code, status(BEN)) == (404, "unsubscribed")
    answer = caller.post(joined(phone=NEW, event="no.such") | {"contact": {"phone": NEW, "consent": "unsubscribed"}})
    assert (answer.status_code, status(NEW)) == (422, "unsubscribed")
    many = [joined()] * 1000 + [{"contact": {"phone": ZED, "consent": "unsubscribed"}}]
    answer = caller.post(many)
    assert (answer.status_code, status(ZED)) == (422, "unsubscribed")
    assert answer.json()["detail"].endswith("1 opt-outs in it are recorded")
    (told,) = caller.post([{"contact": {"phone": ZED, "consent": "unsubscribed"}}]).json()["results"]
    assert told == {"status": "rejected", "reason": f"event: is missing; {SAID}", "opted_out": True}
