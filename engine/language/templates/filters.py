"""How a value is shown in a text: plainly, or through a filter.

Invariants: a value is data. Control, bidi and invisible characters are removed, a value is never read as a template, and no constant lets a
text grow without bound. A contact's value never becomes a link by itself, so that a person who fills in a form cannot put a link into a
message. None is a missing value; a value that cannot be shown (a mapping, a word as money) counts as missing too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from engine.core.context import Context
from engine.messaging.smart_encoding import encoded, look_alikes

Filter = Callable[[Any, Context], Any]
Clean = Callable[[str], str]
LONGEST_CUT = 1_600
_LARGEST = 10**15

_BREAKS = re.compile("[\t-\r\x85\u2028\u2029]+")
# Invisible characters are removed: they split words and hide whole texts (tags, U+E0000 to E007F). A tag
# stays where it spells the flag of a part of a country behind U+1F3F4, a black flag.
_HIDDEN = re.compile(
    "(\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f)"
    "|[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
# A joiner makes one emoji of several, and is part of Indian scripts: between such it stays, at a Latin letter or a sign it only hides.
_JOINER = re.compile(r"(?<![^\x00-\u02ff\s])\u200d+|\u200d+(?![^\x00-\u02ff\s])")

# A phone turns domain names, addresses of four numbers, and what follows `http://` into links. What
# smart encoding would make a dot, a colon or a slash counts as one.
_DOT, _COLON, _SLASH = (re.escape(each + look_alikes(each)) for each in ".:/")
_LEADS = re.compile(
    rf"[{_DOT}{_COLON}](?=[^\W\d_]{{2}}|[^\W\d_A-Za-z]|[{_SLASH}]|[0-9]+[{_DOT}][0-9]+[{_DOT}][0-9])",
)
_ADDRESS = re.compile(r"[A-Za-z0-9._+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def cleaned(text: str) -> str:
    """Without control, bidi and unseen characters, line breaks as spaces, trimmed."""
    if text.isprintable():  # nearly always: one fast look
        return text.strip()
    return _JOINER.sub("", _HIDDEN.sub(r"\1", _BREAKS.sub(" ", text))).strip()


def unlinked(text: str) -> str:
    """Cleaned, with a space inside of everything that a phone would turn into a link: `evil. example`, `Dr. Smith`; J.R. stays."""
    if text.isalnum():  # nearly always: one fast look
        return text
    text = cleaned(text)
    if text.isascii():
        return _LEADS.sub(r"\g<0> ", text) if _LEADS.search(text) else text
    seen, origin = encoded(text)  # full-width digits too make an address once they are encoded
    for found in reversed(list(_LEADS.finditer(seen))):
        behind = origin[found.start()] + 1
        text = f"{text[:behind]} {text[behind:]}" if text[behind : behind + 1] != " " else text
    return text


def mail(text: str) -> str:
    """Cleaned; unlinked as well where it is not an e-mail address as a whole."""
    text = cleaned(text)
    return text if _ADDRESS.fullmatch(text) else unlinked(text)


def plain(value: Any, clean: Clean = cleaned) -> str:
    """A value as people write it; "" where there is nothing to show."""
    if type(value) is str:
        return clean(value)
    if type(value) is bool:
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _plain_number(value)
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (plain(each, clean) for each in value if not isinstance(each, list | tuple))))
    return ""


def _plain_number(value: int | float) -> str:
    if not -_LARGEST < value < _LARGEST:  # also not-a-number
        return ""
    if value == int(value):
        return str(int(value))
    text = repr(value)
    return text if "e" not in text else f"{Decimal(text):f}"


def present(value: Any, clean: Clean) -> Any:
    """The value, a text or a list of them as it is shown; None where there is nothing to show."""
    if type(value) is str:
        return clean(value) or None
    text = plain(value, clean)
    return (text if isinstance(value, (list, tuple)) else value) if text else None


def on_text(change: Callable[[str], str]) -> Filter:
    return lambda value, ctx: None if value is None else change(plain(value))


def default(fallback: str) -> Filter:
    return lambda value, ctx: fallback if value is None else value


def titled(text: str) -> str:
    """Each word with a capital letter; unlike str.title, not after an apostrophe."""
    return re.sub(r"[^\s-]+", lambda word: word[0][:1].upper() + word[0][1:].lower(), text)


def truncate(length: int) -> Filter:
    """At most `length` characters; three dots, not an ellipsis, which would make the whole message UCS-2."""

    def cut(text: str) -> str:
        if len(text) <= length:
            return text
        return text[: length - 3].rstrip() + "..." if length > 3 else text[:length]

    return on_text(cut)


_IN_FRENCH = str.maketrans(",.", " ,")


def money(value: Any, ctx: Context) -> str | None:
    """`1,234.50`: two decimals, commas, no symbol; in French `1 234,50`."""
    text = plain(value)
    try:
        amount = Decimal(text) if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) else None
        if amount is None or abs(amount) >= _LARGEST:
            return None
        return f"{amount:,.2f}".translate(_IN_FRENCH if (ctx.language or "").startswith("fr") else {})
    except InvalidOperation:
        return None
