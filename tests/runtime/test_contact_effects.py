"""What flows do to their contacts and to one another, on a manual clock and a real database (R2, R5, C0, T1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.core.context import Run
from engine.core.effects import UpdateContact
from engine.intake import inbound
from engine.runtime import contact_effects
from engine.senders.sender import InboundText
from engine.store import contacts
from engine.store.contacts import StoredContact
from engine.store.queries.timeline import timeline_of
from tests.world import ADA, DAY, HOUR, PROJECT, START, World

JOINED = "trigger: {event: list.joined}"


def flow(name: str, steps: str, trigger: str = JOINED) -> str:
    return f"flow: {name}\nlanguage: 1\n{trigger}\nsteps:\n{steps}"


def known(world: World, phone: str = ADA) -> StoredContact:
    with world.app.database.reading() as db:
        found = contacts.one(db, phone)
    assert found is not None
    return found


def story(world: World, phone: str = ADA) -> list[str]:
    who = known(world, phone)
    with world.app.database.reading() as db:
        return [f"{moment.kind}: {moment.what}" for moment in timeline_of(db, who)]


def texts(world: World, text: str, phone: str = ADA) -> None:
    now = world.clock.now()
    sent = InboundText(f"text-{now}-{text}", phone, "+18445550100", text, (), now)
    inbound.receive_texts(world.app.database, [sent], now, world.app.deployed)


def consent(world: World, phone: str = ADA) -> tuple[str, str, str | None]:
    """Status, source and proof, as the log has them last."""
    with world.app.database.reading() as db:
        row = db.execute(
            "SELECT status, source, proof FROM consent_log WHERE phone = ? ORDER BY id DESC LIMIT 1", (phone,)
        ).fetchone()
    return (row[0], row[1], row[2])


def test_an_update_is_stored_with_the_sprint(tmp_path: Path) -> None:
    steps = """\
  - update: {set: {tier: gold, orders: '{{ event.list | default("0") }}'}, add_tags: [vip, new], remove_tags: [lead]}
  - {id: rest, delay: 1d}
"""
    with World(tmp_path, flow("up", steps)) as world:
        world.contact(ADA, tags=["lead", "old"])
        world.event("list.joined", ADA, {"list": "12"})
        world.tick()
        assert world.ends() == ["waiting:rest"]
        assert known(world).fields == {"first_name": "Ada", "tier": "gold", "orders": 12, "tags": ["new", "old", "vip"]}


def test_a_value_that_does_not_fit_is_told(tmp_path: Path) -> None:
    steps = """  - update: {set: {tier: gold, orders: '{{ event.list | default("0") }}'}}\n"""
    with World(tmp_path, flow("up", steps)) as world:
        world.event("list.joined", ADA, {"list": "many"})
        world.tick()
        assert known(world).fields == {"first_name": "Ada", "tier": "gold"}
        assert "noted: did not set orders: expected a whole number, got 'many'" in story(world)


def test_two_flows_at_once_lose_nothing(tmp_path: Path) -> None:
    """Both read the contact before either wrote."""
    one = flow("one", "  - {id: rest, delay: 1h}\n  - update: {set: {tier: gold}, add_tags: [a]}\n")
    two = flow("two", "  - {id: rest, delay: 1h}\n  - update: {set: {orders: 3}, add_tags: [b]}\n")
    with World(tmp_path, one, two) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.tick(HOUR)
        assert known(world).fields == {"first_name": "Ada", "tier": "gold", "orders": 3, "tags": ["a", "b"]}


def test_a_new_zone_moves_the_other_waits_of_the_contact(tmp_path: Path) -> None:
    waits = flow("waits", "  - {id: rest, delay: 1d}\n")
    by_project = flow("project", "  - {id: rest, delay: {for: 1d, timezone: project}}\n")
    moves = flow("moves", "  - update: {set: {timezone: America/Los_Angeles}}\n", "trigger: {event: order.placed}")
    with World(tmp_path, waits, by_project, moves) as world:
        world.event("list.joined", ADA)
        assert world.tick() == START + DAY
        world.event("order.placed", ADA)
        assert world.tick() == START + DAY, "the project's clock has not moved"
        world.tick(DAY)
        assert sorted(map(str, world.ends())) == ["end", "end", "waiting:rest"]
        assert world.tick(2 * HOUR) == START + DAY + 3 * HOUR


def test_exit_when_behind_an_update_cancels_what_the_sprint_wrote(tmp_path: Path) -> None:
    steps = "  - {id: hero, sms: Hello}\n  - update: {add_tags: [done]}\n  - {id: rest, delay: 1d}\n"
    rule = "exit_when: [{when: {contact: {tags: {has: done}}}, reason: finished}]"
    with World(tmp_path, flow("up", steps, f"{JOINED}\n{rule}")) as world:
        world.event("list.joined", ADA)
        world.tick()
        assert world.ends() == ["finished"]
        assert world.told() == [("hero", "cancelled", "exit_when")]


def test_an_emitted_event_starts_another_flow_in_the_same_tick(tmp_path: Path) -> None:
    first = flow(
        "first",
        """  - emit: {event: order.placed, data: {order_id: "{{ event.list | default('-') }}", total: "9.50"}}\n""",
    )
    steps = (
        '  - {id: hello, sms: \'Order {{ event.order_id | default("?") }}, {{ event.total | money | default("") }}\'}\n'
    )
    second = flow("second", steps, "trigger: {event: order.placed, where: {event: {total: {above: 9}}}}")
    with World(tmp_path, first, second) as world:
        world.event("list.joined", ADA, {"list": "o1"})
        world.tick()
        assert [message.text for message in world.messages()] == ["Order o1, 9.50"]
        assert "event: order.placed (emitted by first)" in story(world)


def test_an_emitted_event_ends_a_wait(tmp_path: Path) -> None:
    waits = flow("waits", "  - {id: paid, wait_for: {happened: order.placed}, up_to: 3d, then: [{exit: paid}]}\n")
    pays = flow("pays", "  - {id: rest, delay: 1h}\n  - emit: order.placed\n")
    with World(tmp_path, waits, pays) as world:
        world.event("list.joined", ADA)
        world.tick()
        world.tick(HOUR)
        assert sorted(map(str, world.ends())) == ["end", "paid"]


def test_data_that_do_not_fit_make_no_event(tmp_path: Path) -> None:
    emits = flow("emits", """  - emit: {event: order.placed, data: {total: "{{ event.list | default('-') }}"}}\n""")
    with World(tmp_path, emits, flow("second", "  - exit: seen\n", "trigger: {event: order.placed}")) as world:
        world.event("list.joined", ADA, {"list": "much"})
        world.tick()
        assert world.ends() == ["end"]
        assert "noted: did not emit order.placed: total: expected a number, got 'much'" in story(world)


def test_a_chain_of_events_ends_after_ten_hops(tmp_path: Path) -> None:
    """Two flows that start each other, for ever."""
    ping = flow("ping", "  - emit: order.placed\n")
    pong = flow("pong", "  - emit: list.joined\n", "trigger: {event: order.placed}")
    with World(tmp_path, ping, pong) as world:
        world.event("list.joined", ADA)
        world.tick()
        assert world.ends() == ["end"] * 11
        assert [line for line in story(world) if line.startswith("noted")] == [
            "noted: did not emit order.placed: more than 10 events in a chain from one outside"
        ]
        world.event("list.joined", ADA)
        world.tick()
        assert world.ends() == ["end"] * 22, "the next one from outside begins anew"


SUBSCRIBES = """\
  - {id: ask, sms: {text: Reply YES to join, category: transactional}}
  - id: answer
    wait_for: {replied: {matches: "yes*"}}
    up_to: 1d
    then: [{update: {consent: subscribed}}, {id: welcome, sms: Welcome}]
"""
UNKNOWN = "+13125550199"


def test_a_reply_subscribes_and_is_the_proof(tmp_path: Path) -> None:
    with World(tmp_path, flow("join", SUBSCRIBES)) as world:
        world.event("list.joined", UNKNOWN)
        world.tick()
        world.clock.move_to(START + HOUR)
        texts(world, "Yes please", UNKNOWN)
        world.tick()
        status, source, proof = consent(world, UNKNOWN)
        assert (status, source) == ("subscribed", "flow join")
        assert proof is not None
        assert proof.endswith("Yes please")
        assert world.told() == [("ask", "queued", None), ("welcome", "queued", None)]
        world.send()
        assert [text for _, text in world.arrived()] == [
            "Reply YES to join",
            "Acme: Welcome\nReply STOP to opt out",
        ]


def test_a_keyword_after_a_stop_subscribes_again(tmp_path: Path) -> None:
    joins = flow("join", "  - update: {consent: subscribed}\n  - {id: hi, sms: Hi}\n", "trigger: {keyword: JOIN}")
    with World(tmp_path, joins) as world:
        texts(world, "STOP")
        world.tick(HOUR)
        assert consent(world)[0] == "unsubscribed"
        texts(world, "join")
        world.tick(HOUR)
        assert consent(world)[:2] == ("subscribed", "flow join")
        assert world.told() == [("hi", "queued", None)]


def test_a_stop_behind_the_text_is_the_later_word(tmp_path: Path) -> None:
    """The run goes on, since its flow is transactional; it may not undo what the person said last."""
    steps = "  - {id: rest, delay: 1h}\n  - update: {consent: subscribed}\n"
    joins = flow("join", steps, "category: transactional\ntrigger: {keyword: JOIN}")
    with World(tmp_path, joins) as world:
        texts(world, "JOIN")
        world.tick(HOUR // 2)
        texts(world, "STOP")
        world.tick(HOUR // 4)
        world.tick(HOUR)
        assert world.ends() == ["end"]
        assert consent(world)[0] == "unsubscribed"


def test_a_text_from_before_the_run_subscribes_nobody(tmp_path: Path) -> None:
    """`check` lets no such flow through; what is stored does not rely on it."""
    with World(tmp_path, flow("join", "  - {id: rest, delay: 1d}\n")) as world:
        world.contact(UNKNOWN)
        texts(world, "hello", UNKNOWN)
        who, later = known(world, UNKNOWN), START + HOUR
        run = Run(1, who.id, "join", 0, None, "exited", "end", None, None, later, later, None)
        update = UpdateContact(None, {}, (), (), "subscribed")
        refused = world.app.database.write(
            lambda db: contact_effects.apply_contact_effects(
                db, [(run, update)], "UTC", world.app.deployed().names, later
            )
        )
        assert [line.note for line in refused] == ["did not subscribe: the contact has texted nothing in this run"]
        with world.app.database.reading() as db:
            assert contacts.consents(db, [UNKNOWN]) == {}
        in_time = run._replace(entered=START)
        assert (
            world.app.database.write(
                lambda db: contact_effects.apply_contact_effects(
                    db, [(in_time, update)], "UTC", world.app.deployed().names, later
                )
            )
            == []
        )
        assert consent(world, UNKNOWN)[0] == "subscribed"


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({"birthday": "1990-04-10"}, "waiting:day"),
        ({}, "end"),
    ],
)
def test_a_delay_until_a_date(tmp_path: Path, fields: dict[str, Any], ends: str) -> None:
    steps = '  - {id: day, delay: {until: {field: contact.birthday, time: "09:00"}}}\n'
    with World(tmp_path, flow("birthday", steps)) as world:
        world.contact(ADA, **fields)
        world.event("list.joined", ADA)
        world.tick()
        assert world.ends() == [ends]
        told = "noted: no wait: contact.birthday is missing or not a date" in story(world)
        assert told is (not fields)


def test_a_wait_until_comes_again_after_a_restart_as_it_was(tmp_path: Path) -> None:
    steps = '  - {id: morning, delay: {until: {time: "09:00", days: [mon]}}}\n'
    with World(tmp_path, flow("monday", steps), project=PROJECT) as world:
        world.event("list.joined", ADA)
        due = world.tick()
        world.engine = world.app.engine()
        assert world.engine.tick(START + HOUR) == due == START + 4 * DAY - HOUR
        world.clock.move_to(due)
        assert world.tick() is None
        assert world.ends() == ["end"]
