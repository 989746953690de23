"""Events of Leadoff's own: what became of messages, clicks, texts and changes of consent start flows, end waits and count in segments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from engine.contacts import consent
from engine.core.context import Context, Run
from engine.core.facts import Needs
from engine.intake import inbound
from engine.language.conditions.condition import Condition
from engine.language.model.own_events import OWN_EVENTS
from engine.store import audience, facts, forgetting
from engine.store.contacts import ConsentChange
from engine.store.states import EVENT
from tests.language.contexts import PROGRAM
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, World

HELLO = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - {id: hi, sms: 'Hello {{ link("shop") }}'}
  - id: told
    wait_for: {happened: {event: message.delivered, where: {event: {step: hi}}}}
    up_to: 3d
    then: [{exit: delivered}]
"""


def heard(name: str, event: str, steps: str = "  - emit: order.placed\n", where: str = "") -> str:
    """A flow that such an event starts."""
    return (
        f"flow: {name}\nlanguage: 1\ncategory: transactional\ntrigger: {{event: {event}{where}}}\n"
        f"entry: {{while_active: parallel, again_after: 1m}}\nsteps:\n{steps}"
    )


def rows(world: World) -> list[tuple[str, dict[str, Any]]]:
    """(name, data) of the rows that tell of Leadoff's own, oldest first."""
    with world.app.database.reading() as db:
        found = db.execute(f"SELECT name, data FROM event WHERE kind = {EVENT} AND hops > 0 ORDER BY id").fetchall()
    return [(name, orjson.loads(data)) for name, data in found if name in OWN_EVENTS]


def members(world: World, source: dict[str, Any]) -> list[str]:
    """Who is in such a segment; SQL and the function agree on each."""
    condition, now = Condition(source), world.clock.now()
    project, names = world.app.deployed().project, world.app.deployed().names
    with world.app.database.reading() as db:
        found = set(audience.members(db, condition, project, now))
        ids = dict(db.execute("SELECT id, phone FROM contact ORDER BY id").fetchall())
        people = facts.people(db, ids)
        needs = Needs(events=condition.needs.events, ever=condition.needs.events)
        for id, person in people.items():
            run = Run(0, id, "-", 0, None, "waiting", None, None, None, 0, 0, None)
            (known,) = facts.gather(db, needs, [(run, person, {})], names, now)
            assert condition.test("ever")(Context(PROGRAM, run, known, now)) == (id in found), (source, person.phone)
    return [phone for id, phone in ids.items() if id in found]


def happened(event: str, **more: Any) -> dict[str, Any]:
    return {"happened": {"event": event, **more}}


def test_what_happens_here_starts_flows_once_and_is_known_without_a_row(tmp_path: Path) -> None:
    keen = heard("keen", "link.clicked", where=", where: {event: {link: shop, flow: hello, step: hi}}")
    asked = heard("asked", "text.received", where=", where: {event: {text: {matches: '*size*'}}}")
    with World(tmp_path, HELLO, keen, asked) as world:
        world.event("list.joined", ADA)
        world.tick()
        assert world.send() == 1
        for _ in range(2):
            world.callbacks()
        world.tick(MINUTE)
        with world.app.database.reading() as db:
            ((code,),) = db.execute("SELECT code FROM link").fetchall()
        inbound.record_click(world.app.database, code, world.clock.now())
        for phone, words in ((ADA, "What size is it?"), (ADA, "Thanks"), ("+13125550177", "which size")):
            world.receive_text(phone, words)
        for words in ("HELP", "STOP"):
            world.receive_text(BEN, words)
        world.tick(MINUTE)
        assert sorted((run.flow, run.reason) for run in world.runs() if "@" not in run.flow) == [
            ("asked", "end"),  # a stranger's text, a STOP and a HELP start none
            ("hello", "delivered"),
            ("keen", "end"),
        ]
        told = {"flow": "hello", "step": "hi", "category": "marketing", "kind": "sms"}
        assert rows(world) == [("message.delivered", told)], "what nobody asks for costs no row"
        assert members(world, happened("message.sent")) == [ADA], "and is known all the same"
        assert members(world, happened("message.sent", where={"event": {"step": "hi", "kind": "sms"}})) == [ADA]
        assert members(world, happened("message.sent", where={"event": {"step": {"not": "hi"}}})) == []
        assert members(world, happened("message.delivered", within="1h")) == [ADA]
        assert members(world, happened("link.clicked", where={"event": {"flow": "hello", "link": "shop"}})) == [ADA]
        assert members(world, happened("text.received", at_least=2)) == [ADA]
        assert members(world, happened("text.received", where={"event": {"text": {"matches": "*size*"}}})) == [
            ADA,
            "+13125550177",
        ]
        assert members(world, happened("contact.unsubscribed", where={"event": {"source": "text stop"}})) == [BEN]
        assert members(world, happened("contact.subscribed", within="5m")) == [ADA, BEN, CY]
        world.clock.move_to(world.clock.now() + 2 * DAY)
        assert members(world, happened("message.delivered", within="1d")) == []


def test_a_flow_that_a_message_starts_does_not_start_itself(tmp_path: Path) -> None:
    more = heard("more", "message.sent", "  - {id: again, sms: Again}\n")
    sorry = heard("sorry", "message.failed", "  - {id: sorry, sms: 'Sorry: {{ event.reason | default(\"\") }}'}\n")
    with World(tmp_path, HELLO, more, sorry) as world:
        world.event("list.joined", ADA)
        for _ in range(5):
            world.tick(HOUR)
            world.send()
        assert world.told() == [("hi", "accepted", None), ("again", "accepted", None)]


def test_a_change_of_consent_is_told_where_the_status_changed(tmp_path: Path) -> None:
    back = heard(
        "back", "contact.unsubscribed", "  - update: {set: {tier: gone}}\n", ", where: {event: {source: {not: api}}}"
    )
    with World(tmp_path, back, heard("welcome", "contact.subscribed")) as world:
        world.tick(HOUR)
        database, now = world.app.database, world.clock.now()
        assert consent.unsubscribe(database, ADA, "import", now)
        assert not consent.unsubscribe(database, ADA, "import", now), "nothing changes"
        consent.unsubscribe(database, BEN, "api", now)
        database.write(lambda db: consent.record(db, [ConsentChange("+13125550188", "subscribed", "x", now)], now))
        world.receive_text(CY, "STOP")
        world.receive_text(CY, "START")
        world.tick()
        assert sorted(run.flow for run in world.runs() if "@" not in run.flow) == [
            *("back", "back"),
            *("welcome",) * 4,  # the three of the beginning, and the START
        ]
        assert rows(world)[3:] == [
            ("contact.unsubscribed", {"source": "import"}),
            ("contact.unsubscribed", {"source": "api"}),
            ("contact.unsubscribed", {"source": "text stop"}),
            ("contact.subscribed", {"source": "text start"}),
        ]
        assert members(world, {"contact": {"tier": "gone"}}) == [ADA, CY]
        forgetting.forget(database, CY, now)
        assert members(world, happened("contact.unsubscribed")) == [ADA, BEN]
