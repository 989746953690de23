"""A project of somebody else's may hold links: what is written there stays in the project."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Terminal


@pytest.mark.only("sqlite", "it is about files")
@pytest.mark.parametrize(
    ("link", "command"),
    [
        ("schemas", "schema --write"),
        ("schemas/flow.schema.json", "schema --write"),
        ("bad.errors.csv", "contacts import bad.csv"),
        ("all.csv", "contacts export -o all.csv"),
    ],
)
def test_no_writer_follows_a_link_out_of_the_project(
    shop: Terminal, tmp_path_factory: pytest.TempPathFactory, link: str, command: str
) -> None:
    shop.well("apply", "--yes")
    outside = tmp_path_factory.mktemp("outside")
    target = outside / "there"
    target.mkdir() if link == "schemas" else target.write_text("of somebody else")
    (shop.folder / "bad.csv").write_text("phone\nnobody\n")
    (shop.folder / link).parent.mkdir(exist_ok=True)
    (shop.folder / link).symlink_to(target)
    said = shop(*command.split())
    assert said.code in (1, 2) and "link" in said.err
    assert list(outside.iterdir()) == [target]
    assert list(target.iterdir()) == [] if link == "schemas" else target.read_text() == "of somebody else"


def test_a_flow_file_that_is_a_link_in_the_project_is_written_through(shop: Terminal) -> None:
    first = shop.folder / "flows/spring-drop.yaml"
    kept = shop.folder / "kept.txt"
    first.rename(kept)
    first.symlink_to(kept)
    kept.write_text(kept.read_text().replace("language: 1", "language:   1"))
    shop.well("fmt")
    assert first.is_symlink()
    assert "language: 1" in kept.read_text()


def test_everything_of_one_person(open_shop: Terminal) -> None:
    phone = "+12025550143"
    open_shop.well("event", "list.joined", "--contact", phone, "--data", '{"list": "vip"}')
    open_shop.tick()
    told = open_shop.well("contacts", "show", phone, "--all", "--format", "json").json
    assert told["contact"]["phone"] == phone
    assert [event["name"] for event in told["events"]] == ["list.joined"]
    assert told["events"][0]["data"] == {"list": "vip"}
    assert {
        "runs",
        "messages",
        "attempts",
        "journal",
        "links",
        "web_calls",
        "notices",
        "segments",
        "consent_log",
        "texts_before",
    } < set(told)
    assert len(told["runs"]) == len(told["messages"]) == 1
    assert told["messages"][0]["text"]
    assert open_shop.well("contacts", "show", phone, "--all").json == told, "as JSON, asked for or not"
    nobody = open_shop.well("contacts", "show", "+12025550199", "--all", "--format", "json").json
    assert nobody["contact"] is None
