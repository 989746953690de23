"""A sender from the name of its provider, its settings and the environment.

Invariants: a provider's file is imported only when a sender of it is asked for; all missing variables are named at once; without the
credentials of callbacks a sender sends and believes no callback.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint

from engine import packages
from engine.errors import UsageError
from engine.messaging import credentials, providers
from engine.senders.config import Credentials, SenderConfig
from engine.senders.provider_sender import RATES, ProviderSender


@cache
def load(provider: str) -> type[ProviderSender]:
    """The class of a provider's senders. Raises UsageError where a package's cannot be used."""
    if provider in providers.built_in():
        module = import_module(f"engine.senders.providers.{provider}")
        (found,) = (each for each in vars(module).values() if _is_sender(each) and each.__module__ == module.__name__)
        return found  # type: ignore[no-any-return]
    return _from_package(providers.from_packages()[provider])


def _from_package(entry: EntryPoint) -> type[ProviderSender]:
    found = packages.load(entry)
    if not _is_sender(found):
        raise packages.unusable(entry, f"{entry.value} is no subclass of ProviderSender")
    unknown = sorted({*found.sends_with, *found.hears_with} - set(credentials.WORDS))
    if unknown:
        raise packages.unusable(
            entry, f"{', '.join(unknown)} is none of the credentials {', '.join(credentials.WORDS)}"
        )
    if not RATES.keys() <= found.rates.keys():
        raise packages.unusable(entry, f"its rates are not those of {', '.join(RATES)}")
    return found  # type: ignore[no-any-return]


def _is_sender(found: object) -> bool:
    return isinstance(found, type) and issubclass(found, ProviderSender) and found is not ProviderSender


def missing(provider: str, given: Credentials) -> tuple[list[str], list[str]]:
    """The variables that are not set: those that nothing is sent without, and those that no callback is believed without."""
    found = load(provider)
    return given.missing(found.sends_with), given.missing(found.hears_with)


def make(provider: str, config: SenderConfig) -> ProviderSender:
    """Raises UsageError, with all variables that are missing."""
    needed, _ = missing(provider, config.credentials)
    if needed:
        raise UsageError(f"the sender {config.name} has no credentials", f"set {', '.join(needed)} (docs/providers.md)")
    return load(provider)(config)
