"""Phone numbers of recipients: parses E.164 and finds the region.

Invariants: only E.164 is accepted ("+", country code, digits); nothing is guessed or corrected. The region is the number's own, not guessed
from +1 (Jamaica is +1). Numbers that cannot receive texts, or whose owners pay to receive them, are refused: extensions, short codes,
toll-free, premium, shared-cost and personal numbers. Numbers reserved for fiction are accepted, although libphonenumber rejects some of
them: NPA-555-0100 to 0199, and Ofcom's +44 7700 900000 to 900999.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from engine.messaging.zones import area_of


class Number(NamedTuple):
    e164: str
    region: str  # ISO 3166


class BadNumber(ValueError):
    """Not a number that can be texted. `reason` contains no part of the number."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_FICTION_NORTH_AMERICA = re.compile(r"\+1[2-9][0-9]{2}55501[0-9]{2}")
_FICTION_UK = re.compile(r"\+447700900[0-9]{3}")
_TOLL_FREE = re.compile(r"\+18(?:00|33|44|55|66|77|88)[0-9]{7}")
_NORTH_AMERICA = re.compile(r"\+1[2-9][0-9]{2}[2-9][0-9]{6}")


def parse(text: str) -> Number:
    """The recipient that `text` names. Raises BadNumber."""
    if not E164.fullmatch(text):
        raise BadNumber(_why_not_e164(text))
    if _FICTION_UK.fullmatch(text):
        return Number(text, "GB")
    area = area_of(text)
    # libphonenumber has no finer rule for these two regions than the area code; asking it takes 20 times as long.
    if area is not None and (
        (area.region in ("US", "CA") and _NORTH_AMERICA.fullmatch(text)) or _FICTION_NORTH_AMERICA.fullmatch(text)
    ):
        return Number(text, area.region)
    return _looked_up(text)


def parse_written(text: str, country: str | None = None) -> Number:
    """The recipient that a person has written, with spaces, dots, dashes and brackets; national ones are those of `country` (ISO 3166).

    Raises BadNumber.
    """
    bare = re.sub(r"[ ().-]", "", text) if re.fullmatch(r"[+0-9 ().-]+", text) else text
    if country is None or bare.startswith("+"):
        return parse(bare if bare.startswith("+") else text)
    import phonenumbers

    try:
        return parse(phonenumbers.format_number(phonenumbers.parse(bare, country), phonenumbers.PhoneNumberFormat.E164))
    except phonenumbers.NumberParseException:
        raise BadNumber(_why_not_e164(text)) from None


def is_region(code: str) -> bool:
    """Whether these two letters are a country with phone numbers."""
    import phonenumbers

    return code in phonenumbers.SUPPORTED_REGIONS


def likely(text: str) -> str | None:
    """The E.164 number of ten North American digits, or of eleven that begin with 1."""
    digits = re.sub(r"[ ().-]", "", text)
    found = re.fullmatch(r"1?([2-9][0-9]{2}[2-9][0-9]{6})", digits)
    return f"+1{found[1]}" if found else None


def written_anyhow(phone: str) -> bytes:
    """A pattern that finds an E.164 number in small letters of UTF-8, JSON or a URL: its national digits, whatever stands in front of them
    and whatever people write between them."""
    between = r"(?:[\s().+/-]|\xc2\xa0|\xe2\x80.|\\u00a0|\\u20[01][0-9a-f]|%2[089bd]){0,4}"
    return (between.join(_national(phone)) + "(?![0-9])").encode("latin-1")


def _national(phone: str) -> str:
    if phone.startswith("+1"):
        return phone[2:]
    import phonenumbers

    try:
        return str(phonenumbers.parse(phone).national_number)
    except phonenumbers.NumberParseException:
        return phone[1:]


def is_fiction(phone: str) -> bool:
    """Whether this E.164 number is of a range that is kept for fiction: it never rings."""
    return bool(_FICTION_NORTH_AMERICA.fullmatch(phone) or _FICTION_UK.fullmatch(phone))


def is_toll_free(number: str) -> bool:
    """Whether this sender's number is toll-free in North America: there the network itself answers STOP and START."""
    return _TOLL_FREE.fullmatch(number) is not None


def masked(phone: str) -> str:
    """A number for logs and listings of errors: "+1202•••0143"; of anything shorter, less is shown."""
    if len(phone) >= 11:
        return f"{phone[:5]}•••{phone[-4:]}"
    return f"{phone[:2]}•••" if len(phone) >= 5 else "•••"


_BETWEEN = r"(?:[^\S\n]|[.()/\-\u2010-\u2015]){0,4}"  # what people write between the digits of a number
_WRITTEN = re.compile(
    rf"(?:\+|%2[Bb]){_BETWEEN}\d(?:{_BETWEEN}\d){{7,}}"  # with a plus, also as a URL spells it
    r"|(?<![\w.+-])\(?[2-9]\d\d\)?[ .\u2010-\u2015-]{1,2}[2-9]\d\d[ .\u2010-\u2015-]\d{4}(?!\w)"  # national, of North America
)
_NO_NUMBER = r"(?![^\s/?#]*\d{10})"  # ahead: ten digits in a row are one, whatever stands around them
_BARE = re.compile(
    rf"(?P<kept>https?://{_NO_NUMBER}[^\s/?#@]+(?:/{_NO_NUMBER}(?=[\w.~-]*[A-Za-z])[\w.~-]+)*"  # host, port, codes in the path
    rf"|\bcommit [0-9a-f]{{7,40}}\b|(?<![\w+.-]){_NO_NUMBER}(?=[0-9]*[a-f])(?=[a-f]*[0-9])[0-9a-f]{{7,64}}(?![\w-]))"
    r"|\d{5,}"
)


def mask_numbers(text: str, bare: bool = False) -> str:
    """A text without whole numbers, however they are written; `bare`: any five digits in a row may be of one, unless they are of a
    URL's host, port or code, or of a commit."""
    masked_ = _WRITTEN.sub(_mask_written, text)
    return _BARE.sub(lambda found: found["kept"] or f"{found[0][:3]}•••", masked_) if bare else masked_


def _mask_written(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", re.sub("%2[Bb]", "", found[0]))
    if found[0][0] in "+%":
        return f"+{digits[:4]}•••{digits[-4:] if len(digits) > 8 else ''}"
    return f"{digits[:3]}•••"


def _why_not_e164(text: str) -> str:
    digits = re.sub(r"[^0-9]", "", text)
    if not text.strip():
        return "the phone number is missing"
    if re.search(r"(?i)(ext?\.?|x|#|;ext=)\s*[0-9]+\s*$", text):
        return "a number with an extension cannot be texted"
    if re.fullmatch(r"[0-9]{3,6}", text.strip()):
        return "a short code cannot be texted"
    if likely(text):
        return "a phone number begins with + and its country code: did you mean +1…?"
    if len(digits) > 15:
        return "a phone number has at most 15 digits"
    return 'write a phone number as "+", country code and digits only, like +13125550100'


def _looked_up(text: str) -> Number:
    import phonenumbers  # its tables take a while to load, and most numbers do without

    number = phonenumbers.PhoneNumber()
    try:
        phonenumbers.parse(text, None, numobj=number)
    except phonenumbers.NumberParseException:
        raise BadNumber("no country has this code") from None
    region, kind = phonenumbers.region_code_for_number(number), phonenumbers.number_type(number)
    if region is None or kind == phonenumbers.PhoneNumberType.UNKNOWN:  # some regions go by their leading digits alone
        raise BadNumber("no such phone number")
    refused = _unreachable().get(kind)
    if refused is not None or len(region) != 2:
        raise BadNumber(f"{refused or 'a number of no country'} can't be texted")
    return Number(text, region)


@cache
def _unreachable() -> dict[int, str]:
    from phonenumbers import PhoneNumberType as Type

    return {
        Type.TOLL_FREE: "a toll-free number",
        Type.PREMIUM_RATE: "a premium-rate number",
        Type.SHARED_COST: "a shared-cost number",
        Type.PERSONAL_NUMBER: "a personal number",
        Type.PAGER: "a pager",
        Type.UAN: "a company's access number",
        Type.VOICEMAIL: "a voicemail access number",
    }
