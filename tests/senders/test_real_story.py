"""A project with real providers, from an event to its callbacks: our engine and web side, and a provider that a rogue plays on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import httpx
import pytest

from engine.app import App
from engine.clock import ManualClock
from engine.deploy.read_project import read_and_check
from engine.errors import UsageError
from engine.senders.twilio_signature import sign
from engine.server.web.app import create
from engine.store import contacts
from tests import databases
from tests.senders.makers import SECRETS, environ
from tests.senders.rogue import Answer, Rogue, http, reset
from tests.world import ADA, PROJECT, START, World

pytestmark = pytest.mark.usefixtures("each_database")

PUBLIC = "https://flows.example.com/shop"
FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - {id: hi, sms: Hello!}
"""


def project(provider: str, base_url: str | None) -> str:
    """The world's project with a real provider behind its number."""
    address = f", base_url: '{base_url}'" if base_url else ""
    return PROJECT.replace("provider: simulator", f"provider: {provider}{address}") + f"public_url: {PUBLIC}\n"


def world_at(folder: Path, rogue: Rogue, provider: str = "twilio") -> World:
    return World(folder, FLOW, project=project(provider, rogue.url), environ=environ(provider))


def begun(world: World) -> None:
    world.event("list.joined", ADA, {"list": "vip"})
    world.tick()
    world.send()


def post(world: World, url: str, *headers: tuple[str, str], body: bytes) -> httpx.Response:
    """A request to our site, behind a proxy that takes the prefix away and passes on a Host of the caller's choice."""
    parts = urlsplit(url)
    assert url.startswith(PUBLIC)
    site = create(world.app, _Beat(), lambda: None, {"main": world.outbox.sender})

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(site, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as client:
            path = parts.path.removeprefix("/shop") + (f"?{parts.query}" if parts.query else "")
            return await client.request("POST", path, content=body, headers=list(headers))

    return asyncio.run(asked())


class _Beat:
    healthy = True
    last_beat: int | None = START


def from_twilio(world: World, url: str, **params: str) -> httpx.Response:
    signature = sign(SECRETS["TOKEN"], url + "".join(f"{name}{value}" for name, value in sorted(params.items())))
    kind = ("Content-Type", "application/x-www-form-urlencoded")
    return post(world, url, ("X-Twilio-Signature", signature), kind, body=urlencode(params).encode())


def callback_of(rogue: Rogue) -> str:
    """The address that Twilio was told to call."""
    return dict(parse_qsl(rogue.asked[-1].body.decode()))["StatusCallback"]


@pytest.mark.parametrize("answer", [http(201, '{"sid": "SM1"}'), reset, http(500)])
def test_a_callback_settles_a_message_whether_its_answer_came_or_not(tmp_path: Path, answer: Answer) -> None:
    with Rogue(answer) as rogue, world_at(tmp_path, rogue) as world:
        begun(world)
        known = isinstance(answer, bytes) and b"SM1" in answer
        assert [state for _, state, _ in world.told()] == ["accepted" if known else "unknown"]
        url = callback_of(rogue)
        assert url.startswith(f"{PUBLIC}/callbacks/main/status?key=")
        answers = [from_twilio(world, url, MessageSid="SM1", MessageStatus="delivered", To=ADA) for _ in range(2)]
        assert [each.status_code for each in answers] == [204, 204]
        world.tick()
        assert [state for _, state, _ in world.told()] == ["delivered"]
        from_twilio(world, url, MessageSid="SM1", MessageStatus="sent", To=ADA)
        world.tick()
        assert [state for _, state, _ in world.told()] == ["delivered"], "a terminal state never goes back"
        assert len(rogue.asked) == 1


def test_when_it_expires_goes_with_it(tmp_path: Path) -> None:
    flow = FLOW.replace("sms: Hello!", "sms: {text: Hello!, expires_after: 2h}")
    with Rogue(http(201, '{"sid": "SM1"}')) as rogue:
        with World(tmp_path, flow, project=project("twilio", rogue.url), environ=environ("twilio")) as world:
            begun(world)
        assert parse_qs(rogue.asked[0].body.decode())["ValidityPeriod"] == ["7200"]


def test_a_stop_is_on_disk_before_twilio_hears_that_nothing_is_to_be_texted_back(tmp_path: Path) -> None:
    with Rogue(http(500)) as rogue, world_at(tmp_path, rogue) as world:
        url = f"{PUBLIC}/callbacks/main/inbound"
        answer = from_twilio(world, url, MessageSid="SM2", From=ADA, To="+18445550100", Body="Stop.", NumMedia="0")
        assert (answer.status_code, answer.text) == (200, "<Response/>")
        assert answer.headers["Content-Type"].startswith("text/xml")
        with world.app.database.reading() as db:
            assert contacts.consents(db, [ADA])[ADA][0] == "unsubscribed"


def test_a_signature_that_comes_twice_or_for_another_address_is_refused(tmp_path: Path) -> None:
    with Rogue(http(201, '{"sid": "SM1"}')) as rogue, world_at(tmp_path, rogue) as world:
        begun(world)
        url, body = callback_of(rogue), b"MessageSid=SM1&MessageStatus=delivered"
        header = ("X-Twilio-Signature", sign(SECRETS["TOKEN"], f"{url}MessageSidSM1MessageStatusdelivered"))
        assert post(world, url, header, header, body=body).status_code == 403
        assert post(world, f"{url}&more=1", header, body=body).status_code == 403
        assert post(world, url.replace("/status", "/inbound"), header, body=body).status_code == 403
        at_host = sign(
            SECRETS["TOKEN"], url.replace(PUBLIC, "http://evil.example") + "MessageSidSM1MessageStatusdelivered"
        )
        assert post(world, url, ("X-Twilio-Signature", at_host), body=body).status_code == 403
        assert post(world, url, header, body=body).status_code == 204


def test_a_telnyx_message_that_was_too_large_for_the_carrier_says_so(tmp_path: Path) -> None:
    refusal = json.dumps({"errors": [{"code": "40302", "title": "Message too large"}]})
    with Rogue(http(400, refusal)) as rogue, world_at(tmp_path, rogue, "telnyx") as world:
        begun(world)
        assert [state for _, state, _ in world.told()] == ["failed"]


# --- Set-up -----------------------------------------------------------------------------------------------------------------


def opened(folder: Path, base_url: str | None, **more: str) -> App:
    (folder / "flows").mkdir()
    (folder / "leadoff.yaml").write_text(project("twilio", base_url))
    (folder / "flows/hello.yaml").write_text(FLOW)
    app = App(folder, environ("twilio") | databases.environ() | more, ManualClock(START))
    checked = read_and_check(folder, app.registry)
    assert checked.ok, checked.findings
    app.apply(checked)
    return app


def test_a_real_provider_needs_no_base_url_and_is_no_simulator(tmp_path: Path) -> None:
    with opened(tmp_path, None) as app:
        (outbox,) = app.outboxes("http://127.0.0.1:9")
        outbox.close()
        assert app.simulator_accounts() == {}


def test_credentials_that_are_missing_are_a_usage_error(tmp_path: Path) -> None:
    with opened(tmp_path, None, LEADOFF_SENDER_MAIN_TOKEN="") as app, pytest.raises(UsageError) as caught:
        app.outboxes()
    assert caught.value.help is not None and "LEADOFF_SENDER_MAIN_TOKEN" in caught.value.help


@pytest.mark.parametrize(
    ("base_url", "refused"), [(None, True), ("https://sms.example", True), ("http://127.0.0.1:9", False)]
)
def test_a_moved_clock_texts_nobody_beyond_this_machine(tmp_path: Path, base_url: str | None, refused: bool) -> None:
    with opened(tmp_path, base_url, LEADOFF_CLOCK_SPEED="60") as app:
        if refused:
            with pytest.raises(UsageError, match="LEADOFF_CLOCK"):
                app.outboxes()
        else:
            app.outboxes()[0].close()
