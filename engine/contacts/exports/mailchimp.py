"""Mailchimp: an export of an audience. Its times (`OPTIN_TIME`, `CONFIRM_TIME`) are of e-mail and say nothing about texts."""

from __future__ import annotations

from engine.contacts.exports.export import Cells, Export, consent, first, instant, tags


def _read(cells: Cells) -> dict[str, str]:
    own, zone = cells.get("smsphonenumber", ""), cells.get("timezone", "")
    return {
        "phone": own or first(cells, "phonenumber", "phone"),
        "consent": consent(cells.get("smssubscriptionstatus", "")) if own else "",
        "consent_at": instant(cells.get("smssubscriptionlastupdated", "")) if own else "",
        "consent_source": "Mailchimp export",
        "first_name": first(cells, "firstname", "fname"),
        "last_name": first(cells, "lastname", "lname"),
        "email": first(cells, "emailaddress", "email"),
        "country": cells.get("cc", ""),
        "timezone": zone if "/" in zone else "",
        "tags": tags(cells.get("tags", "")),
    }


_MARKS = ("sms_phone_number", "sms_subscription_status", "OPTIN_TIME", "CONFIRM_TIME", "MEMBER_RATING", "LEID", "EUID")
EXPORT = Export("mailchimp", ("sms_phone_number", "Phone Number", "Phone"), _MARKS, _read)
