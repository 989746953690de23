"""Omnisend: an export of contacts. The newer of the two SMS dates says what holds; without either nobody has agreed."""

from __future__ import annotations

from datetime import datetime

from engine.contacts.exports.export import Cells, Export, day, first, instant, tags


def _read(cells: Cells) -> dict[str, str]:
    came, went = cells.get("smsoptindate", ""), cells.get("smsoptoutdate", "")
    is_out = bool(went) and not _is_later(came, went)
    return {
        "phone": first(cells, "phone", "phonenumber"),
        "consent": "unsubscribed" if is_out else "subscribed" if came else "",
        "consent_at": instant(went if is_out else came),
        "consent_source": "Omnisend export",
        "first_name": cells.get("firstname", ""),
        "last_name": cells.get("lastname", ""),
        "email": cells.get("email", ""),
        "country": first(cells, "countrycode", "country"),
        "state": cells.get("state", ""),
        "birthday": day(first(cells, "birthdate", "birthday")),
        "tags": tags(cells.get("tags", "")),
    }


def _is_later(one: str, other: str) -> bool:
    """False where one of them is no time: an opt-out counts."""
    first_at, other_at = instant(one), instant(other)
    return bool(first_at and other_at) and _moment(first_at) > _moment(other_at)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


_MARKS = ("SMS opt-in date", "SMS opt-out date", "Email opt-in date", "Email opt-out date")
EXPORT = Export("omnisend", ("Phone", "Phone number"), _MARKS, _read)
