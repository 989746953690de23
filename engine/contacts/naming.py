"""Which contact a key and a number name (C0a).

Invariants: a key that begins with "+" is its contact's own number, so no key can be read as another contact's number. A key of digits alone
is the shop's own, and no number.
"""

from __future__ import annotations

from engine.language.values.fields import BadValue


def meant(key: str | None, phone: str | None) -> tuple[str | None, str | None]:
    """The key, None where it only repeats the number, and the number. Raises BadValue for a key that reads as another number."""
    if key is None or not key.startswith("+"):
        return key, phone
    if phone is not None and phone != key:
        raise BadValue("a key that begins with + must be the contact's own number, and this one is different", "key")
    return None, key
