"""Every provider's sender, made as the app makes it, with made-up credentials."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from engine.senders import factory
from engine.senders.config import Credentials, SenderConfig
from engine.senders.provider_sender import ProviderSender
from tests.senders.conftest import NOON, SHOP

CALLBACKS = "https://flows.example.com/callbacks/main"
ACCOUNT = "AC00000000000000000000000000000000"
SECRETS = {
    "ACCOUNT": ACCOUNT,
    "USER": "bw-user-secret",
    "PASSWORD": "bw:password-secret",
    "TOKEN": "twilio-auth-token-for-tests-00000",
    "API_KEY": "KEY-telnyx-secret",
    "PUBLIC_KEY": "3pJ5jLj2oYCLX3rL5nGYxFTp6BxvpqGJNq2gxG05JEw=",
    "APPLICATION": "93de2206-9669-4e07-948d-329f4b722ee2",
    "CALLBACK_USER": "bw-callback",
    "CALLBACK_PASSWORD": "s3cr3t:with:colons",
}
WORDS = {
    "simulator": ("ACCOUNT", "TOKEN"),
    "bandwidth": ("ACCOUNT", "USER", "PASSWORD", "APPLICATION", "CALLBACK_USER", "CALLBACK_PASSWORD"),
    "twilio": ("ACCOUNT", "TOKEN"),
    "telnyx": ("API_KEY", "PUBLIC_KEY"),
}
TAKEN_AS = {
    "simulator": '{"id": "p-1"}',
    "bandwidth": '{"id": "p-1"}',
    "twilio": '{"sid": "p-1"}',
    "telnyx": '{"data": {"id": "p-1"}}',
}
"""The least that a provider answers when it took a message as p-1."""


def environ(provider: str, name: str = "main", **changes: str) -> dict[str, str]:
    """What its operator sets; a changed word that is empty is not set."""
    words = {word: SECRETS[word] for word in WORDS[provider]} | changes
    return {f"LEADOFF_SENDER_{name.upper()}_{word}": value for word, value in words.items() if value}


def make(
    provider: str,
    base_url: str | None,
    *,
    env: Mapping[str, str] | None = None,
    client: httpx.Client | None = None,
    read_timeout: float = 5.0,
    now: Callable[[], int] = lambda: NOON,
) -> ProviderSender:
    timeout = httpx.Timeout(connect=0.2, read=read_timeout, write=5.0, pool=5.0)
    credentials = Credentials("main", environ(provider) if env is None else env)
    return factory.make(provider, SenderConfig("main", SHOP, credentials, CALLBACKS, base_url, client, now, timeout))
