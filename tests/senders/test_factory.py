"""How senders are made: from the environment alone, and with nothing of it in what anybody reads."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import Any

import pytest

from engine.errors import SendError, UsageError
from engine.messaging import credentials, providers
from engine.messaging.credentials import variable
from engine.senders.config import Credentials, SenderConfig
from engine.senders.factory import load, missing
from engine.senders.sender import BadCallback, CallbackRequest
from tests.senders.conftest import NOON, SHOP, outgoing
from tests.senders.makers import CALLBACKS, SECRETS, TAKEN_AS, WORDS, environ, make
from tests.senders.rogue import Rogue, http

REAL = ("bandwidth", "twilio", "telnyx")
NEEDED = [(provider, word) for provider in ("simulator", *REAL) for word in load(provider).sends_with]


def test_every_provider_of_the_language_can_be_made() -> None:
    senders = {provider: load(provider) for provider in providers.names()}
    assert senders.keys() >= WORDS.keys()
    read = {word for each in senders.values() for word in (*each.sends_with, *each.hears_with)}
    assert read == set(credentials.WORDS), "the rule against names that collide knows all of them"
    assert all(set(each.rates) == {"toll_free", "long_code", "short_code"} for each in senders.values())
    for provider in WORDS:
        assert make(provider, "http://127.0.0.1:9").name == "main"


def test_the_names_of_the_providers_are_known_without_importing_one() -> None:
    asked = "import sys, engine.app; from engine.messaging import providers; assert 'twilio' in providers.names()"
    found = "print([name for name in sys.modules if name.startswith('engine.senders.providers')])"
    command = [sys.executable, "-c", f"{asked}; {found}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_real_providers_have_an_address_of_their_own() -> None:
    for provider in REAL:
        make(provider, None).close()
    with pytest.raises(UsageError):
        make("simulator", None)


@pytest.mark.parametrize(("provider", "word"), NEEDED)
def test_what_is_missing_is_named(provider: str, word: str) -> None:
    env = environ(provider, **{word: ""})
    assert missing(provider, Credentials("main", env))[0] == [f"LEADOFF_SENDER_MAIN_{word}"]
    with pytest.raises(UsageError) as caught:
        make(provider, None, env=env)
    assert caught.value.help is not None and f"LEADOFF_SENDER_MAIN_{word}" in caught.value.help


def test_all_that_is_missing_is_named_at_once() -> None:
    sending, hearing = missing("bandwidth", Credentials("my-shop", {}))
    assert sending == [variable("my-shop", word) for word in ("ACCOUNT", "USER", "PASSWORD", "APPLICATION")]
    assert hearing == ["LEADOFF_SENDER_MY_SHOP_CALLBACK_USER", "LEADOFF_SENDER_MY_SHOP_CALLBACK_PASSWORD"]
    assert missing("simulator", Credentials("main", {})) == (["LEADOFF_SENDER_MAIN_TOKEN"], [])


@pytest.mark.parametrize(("provider", "word"), [*NEEDED, ("telnyx", "PUBLIC_KEY")])
@pytest.mark.parametrize("value", ["se\r\ncret: x", "sécret", "se cret", "x" * 501])
def test_an_unusable_credential_is_a_usage_error_that_does_not_show_it(provider: str, word: str, value: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(provider, None, env=environ(provider, **{word: value}))
    assert value not in f"{caught.value}{caught.value.help}"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://192.0.2.1",
        "ftp://127.0.0.1",
        "https://user:secret@127.0.0.1",
        "https://127.0.0.1/?a=b",
        "https://",
        "http://127.0.0.1:port",
    ],
)
@pytest.mark.parametrize("provider", REAL)
def test_an_unusable_address(provider: str, base_url: str) -> None:
    with pytest.raises(UsageError) as caught:
        make(provider, base_url)
    assert "secret" not in str(caught.value)


def test_twilio_may_be_asked_with_an_api_key() -> None:
    env = environ("twilio", USER="SK0123", PASSWORD="key-secret")
    with Rogue(http(201, TAKEN_AS["twilio"])) as rogue:
        make("twilio", rogue.url, env=env).send(outgoing())
    assert rogue.asked[0].headers["authorization"] == "Basic U0swMTIzOmtleS1zZWNyZXQ="
    with pytest.raises(UsageError, match="PASSWORD"):
        make("twilio", None, env=environ("twilio", USER="SK0123"))


@pytest.mark.parametrize("provider", REAL)
def test_nothing_of_the_credentials_is_ever_shown(provider: str, caplog: pytest.LogCaptureFixture) -> None:
    """Not even where the provider's answer repeats the request."""
    caplog.set_level(logging.DEBUG)
    secrets = [SECRETS[word] for word in WORDS[provider]]
    shown: list[str] = []
    for secret in secrets:
        said: dict[str, Any] = {
            "bandwidth": {"description": f"{secret}?"},
            "twilio": {"message": f"{secret}?"},
            "telnyx": {"errors": [{"detail": f"{secret}?", "title": secret}]},
        }

        with Rogue(http(422, json.dumps(said[provider]))) as rogue, pytest.raises(SendError) as caught:
            make(provider, rogue.url).send(outgoing())
        shown += [str(caught.value), repr(caught.value), repr(vars(caught.value))]
    sender: Any = make(provider, "http://127.0.0.1:9")
    with pytest.raises(BadCallback) as refused:
        sender.parse_status(CallbackRequest({}, b"[]"), NOON)
    credentials = Credentials("main", environ(provider))
    setup = SenderConfig("main", SHOP, credentials, CALLBACKS)
    shown += [repr(sender), repr(credentials), repr(setup), str(refused.value), repr(refused.value)]
    private = [secret for secret in secrets if secret not in (SECRETS["ACCOUNT"], SECRETS["CALLBACK_USER"])]
    assert [secret for secret in secrets for text in shown if secret in text] == []
    assert [secret for secret in private if secret in caplog.text] == []
