"""Klaviyo: an export of a list or a segment. `$consent` is a list of channels, in older accounts."""

from __future__ import annotations

import re

from engine.contacts.exports.export import Cells, Export, consent, first, instant


def _read(cells: Cells) -> dict[str, str]:
    said = consent(first(cells, "smsmarketingconsent", "smsconsent"))
    if not said and re.search(r"(?i)\bsms\b", cells.get("$consent", "")):
        said = "subscribed"
    return {
        "phone": first(cells, "phonenumber", "phone"),
        "consent": said,
        "consent_at": instant(first(cells, "smsmarketingconsenttimestamp", "smsconsenttimestamp")),
        "consent_source": "Klaviyo export",
        "key": cells.get("klaviyoid", ""),
        "first_name": cells.get("firstname", ""),
        "last_name": cells.get("lastname", ""),
        "email": cells.get("email", ""),
        "country": first(cells, "countrycode", "country"),
    }


_MARKS = ("SMS Marketing Consent", "SMS Consent", "$consent", "Email Marketing Consent", "Klaviyo ID")
EXPORT = Export("klaviyo", ("Phone Number", "Phone"), _MARKS, _read)
