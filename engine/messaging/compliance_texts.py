"""What Leadoff itself says: the answers to STOP, START and HELP, the words of a first text, and those below a picture.

Invariants: the trade's minimum stands in each default. HELP names the brand, whom to ask, how often one is texted, that rates may
apply, and STOP; the confirmation of an opt-in says the same and HELP (CTIA Messaging Principles, handbook of short codes); that of an
opt-out sells nothing (47 CFR 64.1200(a)(12)). Every default is GSM-7 as far as the brand is.
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


# "Non-stop deals" and "don't quit" say nothing of the kind. Apart, since the first is found at once, and nearly always there.
_STOP = re.compile(r"\bSTOP\b")
_IN_OTHER_WORDS = re.compile(
    r"\b(?:(?:reply|text|send|txt)\W+(?:\w+\W+){0,2}(?:stop|end|cancel|quit)|unsubscribe|opt[ -]?out)\b", re.IGNORECASE
)


def says_how_to_stop(text: str) -> bool:
    return _STOP.search(text) is not None or _IN_OTHER_WORDS.search(text) is not None


def introduced(text: str, brand: str, words: str) -> str:
    """A first marketing text: it says who writes and how to opt out, where it does not do so by itself (C3)."""
    if brand.casefold() not in text.casefold():
        text = f"{brand}: {text}"
    return text if says_how_to_stop(text) else f"{text}\n{words}"


def frequency(per_day: int | None, per_week: int | None, per_month: int | None) -> str:
    """How often one is texted, in the words of the trade: the widest cap says it best."""
    for most, period in ((per_month, "month"), (per_week, "week"), (per_day, "day")):
        if most is not None:
            return f"Up to {most} {'msg' if most == 1 else 'msgs'}/{period}"
    return "Msg frequency varies"


def defaults(brand: str, often: str, support: str | None) -> Texts:
    """`often`: as `frequency` says it; `support`: an address, number or link for people's questions."""
    ask = f" Questions? {support}." if support else ""
    return Texts(
        help=f"{brand}:{ask} {often}. {RATES}. Reply STOP to cancel.",
        opt_in=f"{brand}: You're subscribed. {often}. {RATES}. Reply HELP for help, STOP to cancel.",
        opt_out=f"{brand}: You are unsubscribed and will get no more messages. Reply START to rejoin.",
        picture=f"{often}. {RATES}. Reply HELP for help, STOP to cancel.",
        first=OPT_OUT_WORDS,
    )
