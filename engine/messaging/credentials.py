"""The names of the environment variables that hold a sender's credentials.

Invariants: the name is `LEADOFF_SENDER_<NAME>_<WORD>`, with NAME in capitals and `_` for `-`, so two sender names may share a variable.
"""

from __future__ import annotations

WORDS = (
    "ACCOUNT", "TOKEN", "USER", "PASSWORD", "APPLICATION", "API_KEY", "PUBLIC_KEY", "CALLBACK_USER", "CALLBACK_PASSWORD",
)  # fmt: skip
"""All that any provider's sender reads."""


def variable(sender: str, word: str) -> str:
    """The environment variable that holds a sender's `word`: ACCOUNT, TOKEN, …"""
    return f"LEADOFF_SENDER_{sender.upper().replace('-', '_')}_{word}"


def shared(sender: str, other: str) -> str | None:
    """A variable that both of these would read."""
    others = {variable(other, word) for word in WORDS}
    return next((name for word in WORDS if (name := variable(sender, word)) in others), None)
