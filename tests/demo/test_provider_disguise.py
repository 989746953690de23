"""The demo's senders in a real provider's disguise: what the scratch project says fits what the simulator lets in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import pytest

from engine.demo import provider_disguise
from engine.demo.main import START
from engine.demo.world import DemoWorld, copy_project
from engine.deploy.read_project import read_and_check
from engine.registry import registry
from engine.simulator.accounts import APIS

SHOP = Path(__file__).parents[2] / "examples/shop"
PERSON, NUMBER = "+12025550143", "+18445550100"
Credentials = Mapping[str, str]


def by_twilio(base: str, known: Credentials) -> httpx.Response:
    account = known["ACCOUNT"]
    fields = {"To": PERSON, "From": NUMBER, "Body": "Hello"}
    return httpx.post(
        f"{base}/2010-04-01/Accounts/{account}/Messages.json",
        data=fields,
        auth=(account, known["TOKEN"]),
        trust_env=False,
    )


def by_bandwidth(base: str, known: Credentials) -> httpx.Response:
    fields = {"applicationId": known["APPLICATION"], "to": [PERSON], "from": NUMBER, "text": "Hello"}
    url = f"{base}/api/v2/users/{known['ACCOUNT']}/messages"
    return httpx.post(url, json=fields, auth=(known["USER"], known["PASSWORD"]), trust_env=False)


def by_telnyx(base: str, known: Credentials) -> httpx.Response:
    assert len(known["PUBLIC_KEY"]) == 44
    fields = {"to": PERSON, "from": NUMBER, "text": "Hello"}
    headers = {"Authorization": f"Bearer {known['API_KEY']}"}
    return httpx.post(f"{base}/v2/messages", json=fields, headers=headers, trust_env=False)


@pytest.mark.parametrize(
    ("api", "send"), [("twilio", by_twilio), ("bandwidth", by_bandwidth), ("telnyx", by_telnyx)], ids=APIS[1:]
)
def test_the_scratch_projects_credentials_open_the_simulator(
    tmp_path: Path, api: str, send: Callable[[str, Credentials], httpx.Response]
) -> None:
    folder = tmp_path / "project"
    copy_project(SHOP, folder)
    world = DemoWorld(folder, START, api)
    try:
        written = (folder / "leadoff.yaml").read_text("utf-8")
        assert f"provider: {api}" in written
        assert f"base_url: {world.simulator.url}" in written
        prefix = "LEADOFF_SENDER_MAIN_"
        known = {
            name.removeprefix(prefix): value for name, value in world.app.environ.items() if name.startswith(prefix)
        }
        assert send(world.simulator.url, known).is_success
        assert [entry.api for entry in world.simulator.ledger.messages()] == [api]
    finally:
        world.close()


def test_a_rewritten_project_is_the_same_but_for_its_senders(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    copy_project(SHOP, folder)
    provider_disguise.rewrite(folder, "simulator", provider_disguise.names(folder), "http://127.0.0.1:9009")
    before, after = read_and_check(SHOP, registry()), read_and_check(folder, registry())
    assert before.project is not None
    assert after.project is not None
    assert after.findings == before.findings
    assert after.project.senders["main"].base_url == "http://127.0.0.1:9009"
    assert after.project.model_copy(update={"senders": before.project.senders}) == before.project


def test_of_a_file_only_the_providers_and_their_addresses_are_written_anew(tmp_path: Path) -> None:
    """However an author has written them."""
    (tmp_path / "leadoff.yaml").write_text(
        "senders: # ours\n"
        "  block:\n    provider: 'twilio'   # theirs\n    number: a\n"
        "  named: {number: b, base_url: https://api.example, provider: telnyx}\n"
        '  "last": {provider: "bandwidth"}\n'
        "  lacking: {number: c}\n"
        "brand:   Ä # kept\n"
    )
    provider_disguise.rewrite(tmp_path, "simulator", provider_disguise.names(tmp_path), "http://127.0.0.1:9")
    assert (tmp_path / "leadoff.yaml").read_text() == (
        "senders: # ours\n"
        "  block:\n    provider: simulator\n    base_url: http://127.0.0.1:9   # theirs\n    number: a\n"
        "  named: {number: b, base_url: http://127.0.0.1:9, provider: simulator}\n"
        '  "last": {provider: simulator, base_url: http://127.0.0.1:9}\n'
        "  lacking: {number: c}\n"
        "brand:   Ä # kept\n"
    )


@pytest.mark.parametrize("text", ["", "[]", "senders: []", "senders: {main: twilio}", "a: [", "\x00"])
def test_a_project_that_cannot_be_read_is_left_to_the_check(tmp_path: Path, text: str) -> None:
    (tmp_path / "leadoff.yaml").write_text(text, "utf-8")
    assert provider_disguise.names(tmp_path) == []
