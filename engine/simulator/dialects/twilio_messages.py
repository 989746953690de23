"""Twilio's Message resource, alone and in pages: what its GET answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from engine.messaging.parts import count
from engine.simulator.dialects.dialect import newest_first
from engine.simulator.dialects.timestamps import moment, read_iso
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, only

VERSION = "2010-04-01"
_FILTERS = frozenset({"To", "From", "DateSent", "DateSent>", "DateSent<", "PageSize", "Page", "PageToken"})

LATER = {
    "landline": 30006,
    "unreachable": 30003,
    "media-host": 11200,
    "media-unreachable": 11205,
    "media-redirect": 11200,
    "media-status": 11200,
    "media-too-large": 11751,
    "media-type": 12300,
    "media-mismatch": 12300,
}
"""Our words for how a message ended -> ErrorCode."""


def shown(entry: Entry) -> dict[str, Any]:
    """A Message resource."""
    uri = f"/{VERSION}/Accounts/{entry.account}/Messages/{entry.id}"
    pending = entry.status == "accepted"
    return {
        "account_sid": entry.account,
        "api_version": VERSION,
        "body": entry.text,
        "date_created": _rfc_2822(entry.accepted_at),
        "date_sent": None if pending else _rfc_2822(entry.updated_at),
        "date_updated": _rfc_2822(entry.updated_at),
        "direction": "outbound-api",
        "error_code": None if entry.code is None else LATER[entry.code],
        "error_message": entry.code,
        "from": entry.from_,
        "messaging_service_sid": None,
        "num_media": "1" if entry.media_url else "0",
        "num_segments": "1" if entry.media_url else str(count(entry.text).parts),
        "price": None,
        "price_unit": "USD",
        "sid": entry.id,
        "status": "queued" if pending else entry.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": entry.to,
        "uri": f"{uri}.json",
    }


def page(account: str, entries: list[Entry], query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A page of them, newest first, that fit the query. Raises Declined."""
    only(query, _FILTERS)
    asked = {name: values[0] for name, values in query.items()}
    found = [entry for entry in newest_first(entries) if _fits(entry, asked)]
    size, number = _whole(asked, "PageSize", 50, 1_000), _whole(asked, "Page", 0, 1_000_000)
    start = number * size
    rows = found[start : start + size]

    def uri(other: int) -> str:
        wanted = urlencode({**asked, "PageSize": size, "Page": other})
        return f"/{VERSION}/Accounts/{account}/Messages.json?{wanted}"

    return {
        "end": max(start + len(rows) - 1, 0),
        "first_page_uri": uri(0),
        "messages": [shown(entry) for entry in rows],
        "next_page_uri": uri(number + 1) if start + size < len(found) else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number else None,
        "start": start,
        "uri": uri(number),
    }


def _fits(entry: Entry, asked: Mapping[str, str]) -> bool:
    if asked.get("To", entry.to) != entry.to or asked.get("From", entry.from_) != entry.from_:
        return False
    at = entry.updated_at
    day = 86_400_000
    if (
        "DateSent" in asked
        and not read_iso(asked["DateSent"], "DateSent") <= at < read_iso(asked["DateSent"], "DateSent") + day
    ):
        return False
    if "DateSent>" in asked and at < read_iso(asked["DateSent>"], "DateSent>"):
        return False
    latest = asked.get("DateSent<")
    return latest is None or at < read_iso(latest, "DateSent<") + (day if len(latest) == len("2026-11-23") else 1)


def _whole(asked: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = asked.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > most or (name == "PageSize" and int(text) == 0):
        raise Declined(400, "bad-request", f"{name} is not usable", name)
    return int(text)


def _rfc_2822(at: int) -> str:
    return format_datetime(moment(at))
