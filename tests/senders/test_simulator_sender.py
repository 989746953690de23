"""What a message's sending comes to, for every way a provider can answer or not: the real client at the real simulator.

Each test looks at both sides: what the sender says, and whether the provider's ledger has the message.
"""

from __future__ import annotations

import threading

import httpx
import pytest

from engine.clock import ManualClock
from engine.errors import SendError, UsageError
from engine.senders.http_exchange import LIMITS, new_client
from engine.senders.providers.simulator import SimulatorSender
from engine.senders.sender import Ambiguous, Receipt, SendDeferred, SendRejected, SendUnknown
from engine.simulator import Simulator
from tests.senders.conftest import NOON, PERSON, SHOP, MakeSender, at_simulator, outgoing
from tests.simulator.app import App, Served

SECOND = 1_000
HERO = "1-2-hero"


def accepted(simulator: Simulator) -> list[str | None]:
    """Tags of the accepted messages."""
    return [entry.tag for entry in simulator.ledger.messages()]


# --- It goes out ---------------------------------------------------------------------------------------------------


def test_a_message_goes_out_and_the_receipt_names_it(sender: SimulatorSender, simulator: Simulator) -> None:
    receipt = sender.send(outgoing(text="Grüße 🌷"))
    (entry,) = simulator.ledger.messages()
    assert receipt == Receipt(entry.id, "accepted")
    assert (entry.to, entry.from_, entry.text, entry.tag) == (PERSON, SHOP, "Grüße 🌷", "1-2-hero")


def test_a_picture_goes_with_it(sender: SimulatorSender, simulator: Simulator, app: App) -> None:
    app.files["/media/a.png"] = Served()
    sender.send(outgoing(media_url=f"{app.url}/media/a.png"))
    assert simulator.settle()
    assert app.statuses() == [("sent", None), ("delivered", None)]
    assert simulator.ledger.messages()[0].media_bytes == len(Served().body)


def test_many_threads_share_one_sender(sender: SimulatorSender, simulator: Simulator) -> None:
    def send_ten(thread: int) -> None:
        for number in range(10):
            sender.send(outgoing(key=f"{thread}-{number}-hero"))

    threads = [threading.Thread(target=send_ten, args=(thread,)) for thread in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tag or "" for tag in accepted(simulator)) == sorted(
        f"{t}-{n}-hero" for t in range(8) for n in range(10)
    )


# --- It certainly did not: SendDeferred ----------------------------------------------------------------------------


def test_a_refused_connection_defers_the_whole_sender(sender: SimulatorSender, simulator: Simulator) -> None:
    sender.send(outgoing())
    simulator.pause_listening()
    with pytest.raises(SendDeferred) as caught:
        sender.send(outgoing())
    assert (caught.value.code, caught.value.whole_sender, caught.value.retry_at) == ("connect-failed", True, None)
    simulator.resume_listening()
    sender.send(outgoing(key="1-2-later"))
    assert accepted(simulator) == ["1-2-hero", "1-2-later"]


def test_no_free_connection_defers_the_whole_sender(make_sender: MakeSender, simulator: Simulator) -> None:
    with httpx.Client(limits=httpx.Limits(max_connections=1), trust_env=False) as narrow:
        sender = make_sender(own_client=narrow, pool_timeout=0.05)
        with narrow.stream("GET", f"{simulator.url}/v1/ledger"), pytest.raises(SendDeferred) as caught:
            sender.send(outgoing())
    assert (caught.value.code, caught.value.whole_sender) == ("no-free-connection", True)
    assert accepted(simulator) == []


def test_retry_after_as_a_date_is_counted_by_the_providers_clock(
    sender: SimulatorSender, simulator: Simulator, clock: ManualClock
) -> None:
    date = "Tue, 25 Nov 2025 12:00:30 GMT"
    simulator.add_fault(f"429;retry_after={date}")
    own = SimulatorSender(at_simulator(simulator.url)._replace(now=lambda: NOON + 600 * SECOND))
    with pytest.raises(SendDeferred) as caught:
        own.send(outgoing())
    own.close()
    assert caught.value.retry_at == NOON + 630 * SECOND, "30 s from our now, though our clock is 10 minutes ahead"


def test_a_503_that_is_listed_as_definite_defers(sender: SimulatorSender, simulator: Simulator) -> None:
    simulator.add_fault("503;retry_after=7")
    with pytest.raises(SendDeferred) as caught:
        sender.send(outgoing())
    assert (caught.value.code, caught.value.retry_at) == ("not-accepted", NOON + 7 * SECOND)
    assert not caught.value.whole_sender
    assert accepted(simulator) == []


@pytest.mark.parametrize(
    ("account", "token", "code"), [("demo", "wrong", "unauthorized"), ("other", "token", "no-such-account")]
)
def test_refused_credentials_defer_the_whole_sender_so_that_nothing_is_lost(
    make_sender: MakeSender, simulator: Simulator, account: str, token: str, code: str
) -> None:
    with pytest.raises(SendDeferred) as caught:
        make_sender(account=account, token=token).send(outgoing())
    assert (caught.value.code, caught.value.whole_sender) == (code, True)
    assert accepted(simulator) == []


# --- It may have: SendUnknown --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("drop_answer", "answer-cut-off"),
        ("half_answer", "answer-cut-off"),
        ("reset_after", "connection-reset"),
        ("slow;seconds=30", "read-timeout"),
        ("500", "internal"),
        ("odd;status=502;body=<h1>Bad gateway</h1>", "http-502"),
        ("odd;status=503;body={}", "http-503"),
        ("odd;status=302;body={}", "http-302"),
        ("odd;status=307;body={}", "http-307"),
        ("odd;status=408;body={}", "http-408"),
        ("odd;status=409;body={}", "http-409"),
        ("odd;status=200;body=<h1>Hello</h1>", "answer-without-id"),
        ("odd;status=200;body=[]", "answer-without-id"),
        ('odd;status=202;body={"status": "accepted"}', "answer-without-id"),
        ('odd;status=202;body={"id": 5}', "answer-without-id"),
        ('odd;status=202;body={"id": "a b"}', "answer-without-id"),
        ("odd;status=202;size=100000", "answer-too-long"),
    ],
)
def test_an_ambiguous_answer_is_unknown_and_the_provider_has_the_message_once(
    make_sender: MakeSender, simulator: Simulator, fault: str, code: str
) -> None:
    sender = make_sender(read_timeout=0.15 if fault.startswith("slow") else 5.0)
    simulator.add_fault(fault)
    with pytest.raises(SendUnknown) as caught:
        sender.send(outgoing())
    assert caught.value.code == code
    assert accepted(simulator) == ["1-2-hero"], "it was taken once, and nothing tried it again"
    found = sender.lookup(HERO)
    assert isinstance(found, Receipt)
    assert found.provider_id == simulator.ledger.messages()[0].id


@pytest.mark.parametrize("warm", [True, False], ids=["reused connection", "new connection"])
def test_a_reset_before_the_answer_is_unknown_even_where_nothing_was_accepted(
    sender: SimulatorSender, simulator: Simulator, warm: bool
) -> None:
    if warm:
        sender.send(outgoing(key="0-0-warm"))
    simulator.add_fault("reset")
    with pytest.raises(SendUnknown) as caught:
        sender.send(outgoing())
    assert caught.value.code == "connection-reset"
    assert sender.lookup(HERO) is None


def test_a_dropped_answer_on_a_reused_connection_is_not_tried_again(
    sender: SimulatorSender, simulator: Simulator
) -> None:
    sender.send(outgoing(key="0-0-warm"))
    simulator.add_fault("drop_answer")
    with pytest.raises(SendUnknown):
        sender.send(outgoing())
    assert accepted(simulator) == ["0-0-warm", "1-2-hero"]


def test_our_side_drops_idle_connections_sooner_than_the_provider() -> None:
    assert LIMITS.keepalive_expiry is not None
    assert LIMITS.keepalive_expiry <= 5


# --- The provider refused it: SendRejected -------------------------------------------------------------------------


def test_a_phone_that_opted_out_at_the_provider_is_rejected_as_such(
    sender: SimulatorSender, simulator: Simulator
) -> None:
    simulator.text_from(PERSON, SHOP, "STOP")
    with pytest.raises(SendRejected) as caught:
        sender.send(outgoing())
    assert (caught.value.code, caught.value.opted_out, caught.value.too_large) == ("opted-out", True, False)


def test_a_landline_is_unreachable(sender: SimulatorSender) -> None:
    with pytest.raises(SendRejected) as caught:
        sender.send(outgoing(to="+12025550197"))
    assert (caught.value.unreachable, caught.value.opted_out, caught.value.reason) == (True, False, "a landline")


@pytest.mark.parametrize(
    ("to", "text", "media_url", "code"),
    [
        ("+1", "Hello", None, "bad-number"),
        (PERSON, "x" * 1_601, None, "text-too-long"),
        ("+18765550143", "Hello", "http://127.0.0.1/a.png", "mms-region"),
        ("+12025550198", "Hello", "http://127.0.0.1/a.png", "mms-unreachable"),
        (PERSON, "\ud83d", None, "bad-request"),
    ],
)
def test_a_message_that_breaks_a_rule_is_rejected_for_good(
    sender: SimulatorSender, simulator: Simulator, to: str, text: str, media_url: str | None, code: str
) -> None:
    with pytest.raises(SendRejected) as caught:
        sender.send(outgoing(to=to, text=text, media_url=media_url))
    assert (caught.value.code, caught.value.opted_out, caught.value.too_large) == (code, False, False)
    assert accepted(simulator) == []


def test_too_large_is_one_error_however_it_is_said(sender: SimulatorSender, simulator: Simulator) -> None:
    with pytest.raises(SendRejected) as caught:
        sender.send(outgoing(text="x" * 70_000))
    assert (caught.value.code, caught.value.too_large) == ("too-large", True)
    simulator.add_fault('odd;status=422;body={"code": "media-too-large"}')
    with pytest.raises(SendRejected) as caught:
        sender.send(outgoing())
    assert caught.value.too_large


# --- What an error says --------------------------------------------------------------------------------------------


def test_an_error_holds_neither_the_text_nor_a_whole_number_nor_the_token(
    make_sender: MakeSender, simulator: Simulator
) -> None:
    sender = make_sender(token="token")
    said = [f"{PERSON} cannot be reached", "could not send: Hello Ann", "two\\nlines \\u0007\\u001b[31m", "\\ud83d"]
    errors: list[str] = []
    for words in said:
        simulator.add_fault(f'odd;status=422;body={{"code": "odd", "message": "{words}"}}')
        with pytest.raises(SendError) as caught:
            sender.send(outgoing())
        errors.append(str(caught.value))
    assert errors[0] == "odd: +1202•••0143 cannot be reached"
    assert errors[1] == "odd: the provider answered 422"
    assert errors[2] == "odd: two lines"
    assert errors[3] == "odd: ?"
    assert "token" not in repr(vars(caught.value)) + repr(sender)


# --- Asking by tag -------------------------------------------------------------------------------------------------


def test_a_look_up_finds_none_one_or_several(sender: SimulatorSender, simulator: Simulator) -> None:
    assert sender.lookup(HERO) is None
    first = sender.send(outgoing())
    assert simulator.settle()
    assert sender.lookup(HERO) == Receipt(first.provider_id, "delivered")
    second = sender.send(outgoing())
    assert sender.lookup(HERO) == Ambiguous((first.provider_id, second.provider_id))


def test_a_look_up_that_learns_nothing_says_so(make_sender: MakeSender, simulator: Simulator) -> None:
    with pytest.raises(SendDeferred, match="lookup-failed"):
        make_sender(token="wrong").lookup(HERO)
    simulator.pause_listening()
    with pytest.raises(SendDeferred, match="connect-failed"):
        make_sender().lookup(HERO)


# --- Its settings --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"token": "to\r\nken"},
        {"token": ""},
        {"token": "tökén"},
        {"account": "de mo"},
        {"number": "acme"},
        {"base_url": "http://192.0.2.1"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "https://user:secret@127.0.0.1"},
        {"base_url": "https://127.0.0.1/?a=b"},
        {"base_url": "https://"},
        {"base_url": "http://127.0.0.1:port"},
    ],
)
def test_unusable_settings_are_a_usage_error_without_the_secret(
    make_sender: MakeSender, settings: dict[str, str]
) -> None:
    with pytest.raises(UsageError) as caught:
        make_sender(**settings)
    assert "secret" not in str(caught.value)
    assert "ken" not in str(caught.value).replace("token", "")


def test_close_closes_its_own_client_and_leaves_a_lent_one_open(simulator: Simulator) -> None:
    own = SimulatorSender(at_simulator(simulator.url))
    own.close()
    with pytest.raises(RuntimeError):
        own.send(outgoing())
    with new_client() as lent:
        SimulatorSender(at_simulator(simulator.url)._replace(client=lent)).close()
        assert not lent.is_closed


def test_proxies_of_the_environment_are_not_used(
    make_sender: MakeSender, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with new_client() as client:
        make_sender(own_client=client).send(outgoing())
    assert accepted(simulator) == ["1-2-hero"]
