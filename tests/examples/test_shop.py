"""The example shop and the ready-made template keep what their README says."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from ruamel.yaml import YAML

HERE = Path(__file__).parents[2]
SHOP, TEMPLATE = HERE / "examples" / "shop", HERE / "flows"
FICTION = re.compile(r"\+1[2-9][0-9]{2}55501[0-9]{2}|\+447700900[0-9]{3}")
CANADA, PUERTO_RICO, JAMAICA = {"416", "604", "709", "514", "403", "902"}, {"787"}, {"876"}


@pytest.fixture(scope="module")
def contacts() -> list[dict[str, str]]:
    with (SHOP / "contacts.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_yaml(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path)


def by_phone(contacts: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    return {contact["phone"]: contact for contact in contacts}


def test_there_are_sixty_people_or_more_each_with_a_number_of_their_own(contacts: list[dict[str, str]]) -> None:
    assert len(contacts) >= 60
    assert len(by_phone(contacts)) == len(contacts)
    assert "+12025550143" in by_phone(contacts)


def test_every_number_is_kept_for_fiction_and_every_address_for_examples(contacts: list[dict[str, str]]) -> None:
    assert [c["phone"] for c in contacts if not FICTION.fullmatch(c["phone"])] == []
    assert [c["email"] for c in contacts if not c["email"].endswith("@mail.example")] == []


def test_they_live_in_many_states_and_in_five_countries(contacts: list[dict[str, str]]) -> None:
    areas = {c["phone"][2:5] for c in contacts if c["phone"].startswith("+1")}
    states = {c["state"] for c in contacts if c["phone"].startswith("+1") and c["phone"][2:5] not in CANADA}
    assert len(states) >= 40
    assert len(areas & CANADA) >= 3
    assert areas & PUERTO_RICO
    assert areas & JAMAICA
    assert any(c["phone"].startswith("+44") for c in contacts)


def test_most_said_yes_some_were_never_asked_and_two_said_no(contacts: list[dict[str, str]]) -> None:
    said = [c["consent"] for c in contacts]
    assert said.count("subscribed") > len(said) * 0.8
    assert said.count("unsubscribed") == 2
    assert said.count("") >= 3
    assert set(said) == {"subscribed", "unsubscribed", ""}


def test_who_answered_has_a_source_and_an_instant_of_it(contacts: list[dict[str, str]]) -> None:
    for contact in contacts:
        assert bool(contact["consent"]) == bool(contact["consent_source"]) == bool(contact["consent_at"]), contact
        assert not contact["consent_at"] or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", contact["consent_at"])


def test_one_takes_no_pictures_and_one_cannot_be_reached_and_both_said_yes(contacts: list[dict[str, str]]) -> None:
    for ending in ("5550198", "5550199"):
        assert [c["consent"] for c in contacts if c["phone"].endswith(ending)] == ["subscribed"]


def test_the_columns_are_built_in_or_declared(contacts: list[dict[str, str]]) -> None:
    built_in = {"phone", "key", "first_name", "last_name", "email", "state", "timezone", "tags"}
    consent = {"consent", "consent_at", "consent_source"}
    declared = set(read_yaml(SHOP / "leadoff.yaml")["fields"])
    assert set(contacts[0]) <= built_in | consent | declared
    assert declared <= set(contacts[0])
    assert [c for c in contacts if not re.fullmatch("[0-9]*", c["orders"])] == []


@pytest.mark.parametrize("name", ["events.json", "orders.json"])
def test_the_events_are_declared_and_of_people_in_the_list(name: str, contacts: list[dict[str, str]]) -> None:
    declared = read_yaml(SHOP / "leadoff.yaml")["events"]
    events = json.loads((SHOP / name).read_text(encoding="utf-8"))
    assert len({event["id"] for event in events}) == len(events) > 0
    for event in events:
        assert event["contact"]["phone"] in by_phone(contacts)
        assert set(event["data"]) == set(declared[event["event"]])


@pytest.mark.parametrize(
    ("project", "flow"), [(SHOP, SHOP / "flows" / "spring-drop.yaml"), (TEMPLATE, TEMPLATE / "mms-first.yaml")]
)
def test_a_flow_names_itself_a_picture_that_is_there_and_a_link_that_is_declared(project: Path, flow: Path) -> None:
    written = read_yaml(flow)
    hero = written["steps"][0]["sms"]
    links = read_yaml(project / "leadoff.yaml")["links"]
    assert written["flow"] == flow.stem
    assert (project / hero["image"]).is_file()
    assert set(re.findall(r"link\(.(\w+).\)", flow.read_text(encoding="utf-8"))) <= set(links)
    assert "STOP" in hero["text"]


def test_the_template_explains_each_of_its_keys() -> None:
    lines = (TEMPLATE / "mms-first.yaml").read_text(encoding="utf-8").splitlines()
    top = [line for line in lines if re.match(r"(flow|language|category|trigger):", line)]
    assert len(top) == 4
    assert all("# " in line for line in top)
    assert sum("#" in line for line in lines) > len(lines) / 2


@pytest.mark.parametrize(
    "path", [SHOP / "media" / "spring.jpg", SHOP / "media" / "sneakers.jpg", TEMPLATE / "media" / "lead.jpg"]
)
def test_a_picture_decodes_and_may_go_out_as_it_is(path: Path) -> None:
    assert path.stat().st_size <= 300_000
    with Image.open(path, formats=["JPEG"]) as picture:
        picture.load()
        assert picture.size == (1080, 1350)
        assert picture.mode == "RGB"
