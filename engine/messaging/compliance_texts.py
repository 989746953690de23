"""The texts that Leadoff sends itself: the replies to STOP, START and HELP, the opt-out notice, the line below a picture.

Invariants: every default meets the rules for US messaging. The reply to HELP names the brand, the support contact, the message frequency,
that rates may apply, and STOP; the opt-in confirmation adds HELP (CTIA Messaging Principles, Short Code Monitoring Handbook); the opt-out
confirmation contains no marketing (47 CFR 64.1200(a)(12)). Every default is GSM-7 if the brand is.
"""

from __future__ import annotations

import re
from typing import NamedTuple

OPT_OUT_WORDS = "Reply STOP to opt out"
RATES = "Msg & data rates may apply"


class Texts(NamedTuple):
    help: str
    opt_in: str
    opt_out: str
    picture: str  # below the picture of a page
    first: str  # added to a first marketing text that does not say it
    away: str = ""  # to a text that waits for a person; empty: none


# "Non-stop deals" and "don't quit" say nothing of the kind. Apart, since the first is found at once, and nearly always there.
_STOP = re.compile(r"\bSTOP\b")
_IN_OTHER_WORDS = re.compile(
    r"\b(?:(?:reply|text|send|txt)\W+(?:\w+\W+){0,2}(?:stop|end|cancel|quit)|unsubscribe|opt[ -]?out)\b", re.IGNORECASE
)


_ONE_OF_THEM = (
    "reply",
    "text",
    "send",
    "txt",
    "unsub",
    "opt",
)  # no text in other words is without: found in a tenth of the time


def says_how_to_stop(text: str) -> bool:
    if "STOP" in text and _STOP.search(text) is not None:
        return True
    return any(map(text.casefold().__contains__, _ONE_OF_THEM)) and _IN_OTHER_WORDS.search(text) is not None


def introduced(text: str, brand: str, words: str) -> str:
    """A first marketing text, with the brand and opt-out instructions if it lacks them (C3)."""
    if brand.casefold() not in text.casefold():
        text = f"{brand}: {text}"
    return text if says_how_to_stop(text) else f"{text}\n{words}"


def frequency(per_day: int | None, per_week: int | None, per_month: int | None) -> str:
    """The message frequency, from the longest capped period."""
    for most, period in ((per_month, "month"), (per_week, "week"), (per_day, "day")):
        if most is not None:
            return f"Up to {most} {'msg' if most == 1 else 'msgs'}/{period}"
    return "Msg frequency varies"


def defaults(brand: str, often: str, support: str | None) -> Texts:
    """`often`: from `frequency`; `support`: an address, number or link for questions."""
    ask = f" Questions? {support}." if support else ""
    return Texts(
        help=f"{brand}:{ask} {often}. {RATES}. Reply STOP to cancel.",
        opt_in=f"{brand}: You're subscribed. {often}. {RATES}. Reply HELP for help, STOP to cancel.",
        opt_out=f"{brand}: You are unsubscribed and will get no more messages. Reply START to rejoin.",
        picture=f"{often}. {RATES}. Reply HELP for help, STOP to cancel.",
        first=OPT_OUT_WORDS,
    )
