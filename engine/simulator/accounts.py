"""Accounts for every dialect at once, and the credentials of their senders: for the demo and `leadoff simulator`.

Invariants: one token for all accounts, made by the command that starts the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping

APIS = ("simulator", "twilio", "bandwidth", "telnyx")
TWILIO_ACCOUNT = "AC" + "0" * 32
BANDWIDTH_ACCOUNT, BANDWIDTH_USER = "5500000", "demo"


def accounts(account: str, token: str) -> dict[str, str]:
    """Name -> token, for a Simulator; Telnyx's API key is the token of the first."""
    return {account: token, TWILIO_ACCOUNT: token, BANDWIDTH_ACCOUNT: f"{BANDWIDTH_USER}:{token}"}


def credentials(api: str, account: str, token: str, public_key: str, application: str) -> Mapping[str, str]:
    """What a sender of that API reads from LEADOFF_SENDER_<NAME>_…, by the name's end."""
    return {
        "simulator": {"ACCOUNT": account, "TOKEN": token},
        "twilio": {"ACCOUNT": TWILIO_ACCOUNT, "TOKEN": token},
        "telnyx": {"API_KEY": token, "PUBLIC_KEY": public_key},
        "bandwidth": {
            "ACCOUNT": BANDWIDTH_ACCOUNT,
            "USER": BANDWIDTH_USER,
            "PASSWORD": token,
            "APPLICATION": application,
            "CALLBACK_USER": BANDWIDTH_USER,
            "CALLBACK_PASSWORD": token,
        },
    }[api]
