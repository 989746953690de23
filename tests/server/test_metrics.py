"""What an operator sees: /metrics, and a /readyz that tells when nothing is sent that should be."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from engine.clock import ManualClock
from engine.delivery.pool import Pool
from engine.server.metrics import Metrics
from engine.store import holds, interned_names, rate
from engine.store.outbox import Result
from tests.server.stage import until
from tests.server.web.desk import Desk
from tests.world import ADA, BEN, HOUR, MINUTE, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")

FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - id: hi
    sms: "Hello"
"""
SILENT = "messages wait at the sender main for more than 5 minutes, and none is sent"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, FLOW) as world:
        yield world


def queued(world: World, phone: str = ADA) -> None:
    world.event("list.joined", phone)
    world.tick()


def reasons(world: World) -> list[str]:
    answer = Desk(world).get("/readyz")
    found: list[str] = answer.json().get("reasons", [])
    assert answer.status_code == (503 if found else 200)
    return found


def scraped(desk: Desk) -> dict[tuple[str, ...], float]:
    """(name, *label values) -> value."""
    families = text_string_to_metric_families(desk.get("/metrics").text)
    return {(s.name, *s.labels.values()): s.value for family in families for s in family.samples}


def test_what_should_have_been_sent_makes_it_unready(world: World) -> None:
    queued(world)
    world.tick(after=4 * MINUTE)
    assert reasons(world) == []
    world.tick(after=2 * MINUTE)
    assert reasons(world) == [SILENT]
    world.send()
    assert reasons(world) == []


def test_what_is_held_back_on_purpose_does_not(world: World) -> None:
    queued(world)
    world.tick(after=HOUR)
    now, write = world.clock.now(), world.app.database.write
    assert reasons(world) == [SILENT]
    write(lambda db: holds.hold(db, now))
    assert reasons(world) == []
    write(holds.release)
    write(lambda db: rate.close(db, "main", now + MINUTE))  # its circuit is open
    assert reasons(world) == []
    write(lambda db: rate.close(db, "main", 0))
    write(
        lambda db: rate.set_uses(db, "main", [rate.Use("one", now - MINUTE, 1.0)])
    )  # it claimed a minute ago: behind its rate
    assert reasons(world) == []
    write(lambda db: rate.set_uses(db, "main", []))
    with world.app.database.reading() as db:
        flow = interned_names.load(db).flow_ids["hello"]
    write(lambda db: holds.pause(db, flow, now))
    assert reasons(world) == []


def test_a_budget_that_is_used_up_does_not(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=PROJECT + "budget: {per_day: 0.001}\n") as world:
        queued(world)
        world.tick(after=HOUR)
        assert reasons(world) == []


def test_a_scrape_says_how_things_stand(world: World) -> None:
    world.simulator.add_fault("drop_answer")
    queued(world)
    world.send()
    queued(world, BEN)
    world.event("list.joined", ADA)
    world.clock.move_to(world.clock.now() + 10_000)
    found = scraped(Desk(world))
    assert found["leadoff_messages", "main", "unknown"] == 1
    assert found["leadoff_messages", "main", "queued"] == 1
    assert found["leadoff_queue_messages", "main"] == 1
    assert found["leadoff_queue_oldest_seconds", "main"] == 10
    assert found["leadoff_unknown_messages",] == 1
    assert found["leadoff_unknown_oldest_seconds",] == 10
    assert found["leadoff_inbox_events",] == 1
    assert found["leadoff_events_accepted_total",] == 3
    assert found["leadoff_due_lag_seconds",] == 0
    assert found["leadoff_spent_today",] == 0.015
    assert found["leadoff_held",] == 0
    assert not any(name[0].startswith(("python_", "process_")) for name in found)


def test_a_scrape_counts_states_at_most_once_a_minute(world: World) -> None:
    desk = Desk(world)
    queued(world)
    assert scraped(desk)["leadoff_messages", "main", "queued"] == 1
    world.send()
    assert scraped(desk)["leadoff_messages", "main", "queued"] == 1
    world.tick(after=MINUTE)
    assert scraped(desk)["leadoff_messages", "main", "accepted"] == 1


def test_requests_and_ticks_are_timed(world: World) -> None:
    metrics = Metrics()
    metrics.timed(world.engine.tick)(world.clock.now())
    queued(world)
    told: list[Result] = []
    pool = Pool(world.outbox, ManualClock(world.clock.now()), on_result=told.append)
    pool.start()
    until(lambda: bool(told), "a result")
    world.outbox, *_ = world.app.outboxes(world.simulator.url)  # the pool closes its own
    pool.stop()
    (result,) = told
    metrics.request("main", result.outcome, 120)
    get = metrics.registry.get_sample_value
    assert get("leadoff_provider_request_seconds_bucket", {"sender": "main", "outcome": "accepted", "le": "0.1"}) == 0
    assert get("leadoff_provider_request_seconds_bucket", {"sender": "main", "outcome": "accepted", "le": "0.25"}) == 1
    assert get("leadoff_tick_seconds_count") == 1


def test_a_table_that_is_not_there_is_told_and_ends_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk(world)
    write = world.app.database.write
    write(lambda db: db.execute("ALTER TABLE message RENAME TO elsewhere"))
    assert ("leadoff_held",) not in scraped(desk)
    assert "the database cannot be read for /metrics" in caplog.text
    assert reasons(world) == ["the database cannot be read"]
    write(lambda db: db.execute("ALTER TABLE elsewhere RENAME TO message"))
    assert scraped(desk)[("leadoff_held",)] == 0
    assert reasons(world) == []
