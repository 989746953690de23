"""Contacts by what a person remembers of them: a name, an e-mail address, a part of the number or of the key."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.store.sql import Connection, each, number
from engine.store.storable import storable

FEWEST_DIGITS = 4
NATIONAL_DIGITS = 10
_PLAIN = re.compile(r"[A-Za-z0-9@.-]+")
"""What JSON says as it is: who has it in a field has it in the whole, which costs a third of a look at each field."""
LOOK_AT = 40_000
"""Contacts: a tenth of a second."""


class Hit(NamedTuple):
    id: int
    key: str
    phone: str
    name: str


class Found(NamedTuple):
    hits: list[Hit]
    further: int | None
    """Where the next look goes on; None where nothing is left to look at."""


def contacts(db: Connection, words: str, limit: int) -> list[Hit]:
    """The first ones that fit, by id; capitals are not looked at. A part of a number has at least four digits."""
    return _fitting(db, words, "TRUE", "ASC", (), limit)


def newest(
    db: Connection, words: str, limit: int, before: int | None = None, look_at: int = LOOK_AT, in_parts: bool = True
) -> Found:
    """The newest ones that fit, among `look_at` ids below `before`: no look takes longer, however many contacts there are.

    `in_parts`: digits are found as a part, too. Not for who sees numbers masked: part by part they would tell a number.
    """
    top = (number(db, "SELECT MAX(id) FROM contact") or 0) + 1 if before is None else before
    floor = max(0, top - look_at)
    hits = _fitting(db, words, "id >= ? AND id < ?", "DESC", (floor, top), limit, in_parts)
    return Found(hits, hits[-1].id if len(hits) == limit else floor or None)


def _fitting(
    db: Connection, words: str, where: str, order: str, values: tuple[int, ...], limit: int, in_parts: bool = True
) -> list[Hit]:
    words = storable(words)
    digits = re.sub(r"[ ().+-]", "", words)
    part = (
        (f"%{digits}%" if in_parts else _whole(digits)) if digits.isdecimal() and len(digits) >= FEWEST_DIGITS else ""
    )
    text = re.sub(r"([\\%_])", r"\\\1", " ".join(words.split()))
    if in_parts or not any(each.isdigit() for each in words):
        text = f"%{text}%"
    plain = max(_PLAIN.findall(words), key=len, default="")
    name = "TRIM(COALESCE(fields ->> 'first_name', '') || ' ' || COALESCE(fields ->> 'last_name', ''))"
    like = "LIKE LOWER(?) ESCAPE '\\'"
    sql = (
        f"SELECT id, key, phone, {name} FROM contact WHERE {where} AND (phone LIKE ? OR (key <> phone AND LOWER(key) {like})"
        f" OR (LOWER(CAST(fields AS TEXT)) LIKE LOWER(?) AND (LOWER({name}) {like} OR LOWER(fields ->> 'email') {like})))"
        f" ORDER BY id {order} LIMIT ?"
    )
    return each(db, Hit, sql, (*values, part, text, f"%{plain}%", text, text, limit))


def _whole(digits: str) -> str:
    """The number of which these are all digits, also as it is written in North America."""
    return f"+1{digits}" if len(digits) == NATIONAL_DIGITS else f"+{digits}"
