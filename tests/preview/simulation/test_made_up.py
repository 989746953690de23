"""What is made up to start a flow: for every trigger of every template and of the example, it starts it by its own words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engine.deploy.read_project import read_and_check
from engine.language.check import Checked
from engine.language.conditions.condition import Condition
from engine.language.model.project import Project, convert_event
from engine.language.model.triggers import EventTrigger, KeywordTrigger
from engine.language.source import strict_yaml
from engine.messaging import numbers
from engine.messaging.zones import zone_for
from engine.preview.simulation import made_up
from engine.preview.simulation.fulfilment import Fulfilment
from engine.registry import registry
from tests.language.contexts import context

ROOT = Path(__file__).resolve().parents[3]
NOW = round(datetime(2027, 4, 1, 14, 4, tzinfo=UTC).timestamp() * 1000)


def checked(folder: str) -> Checked:
    return read_and_check(ROOT / folder, registry())


def with_zone(zone: str, *countries: str) -> Project:
    found = checked("flows").project
    assert found is not None
    sender = next(iter(found.senders.values())).model_copy(update={"countries": frozenset(countries)})
    return found.model_copy(update={"timezone": zone, "countries": countries, "senders": {"main": sender}})


@pytest.mark.parametrize("folder", ["flows", "examples/shop"])
def test_the_made_up_contact_has_what_each_trigger_asks_for(folder: str) -> None:
    found = checked(folder)
    assert found.project is not None
    for flow in found.flows.values():
        for trigger in flow.trigger:
            wanted = made_up.required(found.project, flow, trigger, NOW)
            who = made_up.contact(found.project, wanted, {"first_name": None})
            assert wanted.fields_for(who) == {}
            assert numbers.parse(who["phone"]).region == "US"
            opens = made_up.opening(trigger, wanted)
            assert opens.event == (trigger.event if isinstance(trigger, EventTrigger) else None)
            assert (opens.words is not None) is isinstance(trigger, KeywordTrigger)


def test_the_equalities_of_where_are_data_and_the_rest_are_samples() -> None:
    found = checked("flows")
    assert found.project is not None
    (trigger,) = found.flows["mms-first"].trigger
    wanted = made_up.required(found.project, found.flows["mms-first"], trigger, NOW)
    assert made_up.opening(trigger, wanted).data == {"list": "vip"}
    assert made_up.told({"list": "vip", "order_id": "A-17"}) == "list: vip, order_id: A-17"
    assert made_up.told({"total": 59.0, "tax": 4.5}) == "total: 59, tax: 4.5"


@pytest.mark.parametrize(
    ("zone", "countries", "region"),
    [
        ("America/New_York", ("US", "CA"), "US"),
        ("America/Los_Angeles", ("US",), "US"),
        ("America/Toronto", ("US", "CA"), "CA"),
        ("America/Phoenix", ("US",), "US"),
        ("America/Boise", ("US",), "US"),
        ("Europe/London", ("GB",), "GB"),
        ("Europe/Berlin", ("DE",), "DE"),
    ],
)
def test_the_made_up_number_is_one_that_the_sender_serves_in_the_projects_zone(
    zone: str, countries: tuple[str, ...], region: str
) -> None:
    project = with_zone(zone, *countries)
    who = made_up.contact(project, Fulfilment(project), {})
    number = numbers.parse(who["phone"])
    assert number.region == region
    assert zone in (zone_for(number.e164, number.region), who.get("timezone"))


LISTS = """\
project: shop
brand: Acme
timezone: America/New_York
events: {cart.left: {items: {type: list, of: {title: text, sku: text, price: money}}}}
"""


@pytest.mark.parametrize(
    "asked",
    [
        {"has": {"sku": "A-17", "price": {"at_least": 50.5}}},
        {"count": {"above": 3}},
        {"count": 0},
        {"has": {"sku": "A-17"}, "count": {"at_least": 2, "below": 4}},
        {"count": [7, 8]},
        {"exists": False},
    ],
)
@pytest.mark.parametrize("holds", [True, False])
def test_a_list_is_made_up_such_that_a_condition_holds_and_fails(asked: dict[str, Any], holds: bool) -> None:
    project = Project.model_validate(strict_yaml.read("leadoff.yaml", LISTS.encode()).data)
    wanted = Fulfilment(project)
    condition = Condition({"event": {"items": asked}})
    assert wanted.require(condition.tree, holds, of="cart.left")
    data = wanted.data_of("cart.left")
    assert condition.holds(context(event=data)) is holds
    assert convert_event(project, "cart.left", data) == data
    if data:
        assert "title: title" in made_up.told(data) or data["items"] == []
