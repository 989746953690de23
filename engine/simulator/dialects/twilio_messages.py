"""Twilio's Message resource, alone and in pages: what its GET answers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from engine.core.calendar import DAY
from engine.senders.providers import twilio as api
from engine.simulator.dialects.dialect import failure_of, moment, newest_first, read_iso
from engine.simulator.ledger import Entry
from engine.simulator.validation import Declined, only

_SENT, _AFTER, _BEFORE = "DateSent", "DateSent>", "DateSent<"
_FILTERS = frozenset({api.TO, api.FROM, _SENT, _AFTER, _BEFORE, api.PAGE_SIZE, "Page", "PageToken"})


def resource(entry: Entry) -> dict[str, Any]:
    """A Message resource."""
    uri = f"{api.ACCOUNTS}/{entry.account}/{api.MESSAGES}/{entry.id}"
    pending = entry.status == "accepted"
    updated = format_datetime(moment(entry.updated_at))
    return {
        **dict.fromkeys(("messaging_service_sid", "price")),  # not known here
        "account_sid": entry.account,
        "api_version": api.VERSION,
        api.ROW_TEXT: entry.text,
        api.ROW_CREATED: format_datetime(moment(entry.accepted_at)),
        "date_sent": None if pending else updated,
        "date_updated": updated,
        api.ROW_DIRECTION: "outbound-api",
        "error_code": None if entry.code is None else failure_of("twilio", entry.code),
        "error_message": entry.code,
        "from": entry.from_,
        api.ROW_MEDIA: "1" if entry.media_url else "0",
        "num_segments": str(entry.parts),
        "price_unit": "USD",
        api.ROW_ID: entry.id,
        api.ROW_STATUS: "queued" if pending else entry.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": entry.to,
        "uri": f"{uri}.json",
    }


def page(account: str, entries: list[Entry], query: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """A page of them, newest first, that fit the query. Raises Declined."""
    only(query, _FILTERS)
    asked = {name: values[0] for name, values in query.items()}
    found = [entry for entry in newest_first(entries) if _fits(entry, asked)]
    size, number = _whole(asked, api.PAGE_SIZE, 50, 1_000), _whole(asked, "Page", 0, 1_000_000)
    start = number * size
    rows = found[start : start + size]

    def uri(other: int) -> str:
        wanted = urlencode({**asked, api.PAGE_SIZE: size, "Page": other})
        return f"{api.ACCOUNTS}/{account}/{api.MESSAGES}.json?{wanted}"

    return {
        "end": max(start + len(rows) - 1, 0),
        "first_page_uri": uri(0),
        api.ROWS: [resource(entry) for entry in rows],
        "next_page_uri": uri(number + 1) if start + size < len(found) else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number else None,
        "start": start,
        "uri": uri(number),
    }


def _fits(entry: Entry, asked: Mapping[str, str]) -> bool:
    at, first, end = entry.updated_at, 0, 2**63
    if _SENT in asked:
        first = read_iso(asked[_SENT], _SENT)
        end = first + DAY
    if _AFTER in asked:
        first = max(first, read_iso(asked[_AFTER], _AFTER))
    if _BEFORE in asked:  # a date includes its day, an instant itself
        latest = asked[_BEFORE]
        end = min(end, read_iso(latest, _BEFORE) + (DAY if len(latest) == len("2026-11-23") else 1))
    numbers = asked.get(api.TO, entry.to) == entry.to and asked.get(api.FROM, entry.from_) == entry.from_
    return numbers and first <= at < end


def _whole(asked: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = asked.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) > most or (name == api.PAGE_SIZE and int(text) == 0):
        raise Declined(400, "bad-request", f"{name} is not usable", name)
    return int(text)
