"""Contacts by what a person remembers of them: a name, an e-mail address, a part of the number or of the key."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.store.sql import Connection, each
from engine.store.storable import storable

FEWEST_DIGITS = 4


class Hit(NamedTuple):
    id: int
    key: str
    phone: str
    name: str


def contacts(db: Connection, words: str, limit: int) -> list[Hit]:
    """The first ones that fit, by id; capitals are not looked at. A part of a number has at least four digits."""
    words = storable(words)
    digits = re.sub(r"[ ().+-]", "", words)
    number = f"%{digits}%" if digits.isdecimal() and len(digits) >= FEWEST_DIGITS else ""
    text = "%" + re.sub(r"([\\%_])", r"\\\1", " ".join(words.split())) + "%"
    name = "TRIM(COALESCE(fields ->> 'first_name', '') || ' ' || COALESCE(fields ->> 'last_name', ''))"
    like = "LIKE LOWER(?) ESCAPE '\\'"
    sql = (
        f"SELECT id, key, phone, {name} FROM contact WHERE phone LIKE ? OR (key <> phone AND LOWER(key) {like})"
        f" OR LOWER({name}) {like} OR LOWER(fields ->> 'email') {like} ORDER BY id LIMIT ?"
    )
    return each(db, Hit, sql, (number, text, text, text, limit))
