"""The texts that Leadoff sends itself: the replies to STOP, START and HELP, the opt-out notice, the line below a picture.

Invariants: every default meets the rules for US messaging. The reply to HELP names the brand, the support contact, the message frequency,
that rates may apply, and STOP; the opt-in confirmation adds HELP (CTIA Messaging Principles, Short Code Monitoring Handbook); the opt-out
confirmation contains no marketing (47 CFR 64.1200(a)(12)). Every default is GSM-7 if the brand is, in each language. STOP is STOP in all of
them: on a toll-free number the network knows no other word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from engine.messaging.languages import chosen

OPT_OUT_WORDS = "Reply STOP to opt out"


class Texts(NamedTuple):
    help: str
    opt_in: str
    opt_out: str
    picture: str  # below the picture of a page
    first: str  # added to a first marketing text that does not say it
    away: str = ""  # to a text that waits for a person; empty: none


# "Non-stop deals" and "don't quit" say nothing of the kind. Apart, since the first is found at once, and nearly always there.
_STOP = re.compile(r"\bSTOP\b")
_ACTS = "reply|text|send|txt|responde|envía|envia|manda|répondez|repondez|envoyez|textez|réponds"
_WORDS = "stop|end|cancel|quit|alto|parar|baja|cancelar|arr[eê]t"
_IN_OTHER_WORDS = re.compile(
    rf"\b(?:(?:{_ACTS})\W+(?:\w+\W+){{0,2}}(?:{_WORDS})|unsubscribe|opt[ -]?out|dar(?:te|se) de baja|d[ée]sabonner)\b",
    re.IGNORECASE,
)
_ONE_OF_THEM = (*_ACTS.split("|"), "unsub", "opt", "de baja", "sabonner")
"""No text in other words is without: found in a tenth of the time."""


def says_how_to_stop(text: str) -> bool:
    if "STOP" in text and _STOP.search(text) is not None:
        return True
    return any(map(text.casefold().__contains__, _ONE_OF_THEM)) and _IN_OTHER_WORDS.search(text) is not None


def introduced(text: str, brand: str, words: str) -> str:
    """A first marketing text, with the brand and opt-out instructions if it lacks them (C3)."""
    if brand.casefold() not in text.casefold():
        text = f"{brand}: {text}"
    return text if says_how_to_stop(text) else f"{text}\n{words}"


class Wording(NamedTuple):
    """The defaults in one language; {brand}, {ask}, {often} and {rates} are filled in."""

    help: str
    opt_in: str
    opt_out: str
    picture: str
    first: str
    ask: str
    rates: str
    up_to: tuple[str, str]  # of one message and of several: {most}, {period}
    periods: tuple[str, str, str]  # a month, a week, a day
    varies: str


def wording(language: str | None) -> Wording:
    """Leadoff's own words in that language; English where there are none."""
    return WORDINGS[chosen(language, WORDINGS) or ENGLISH]


def frequency(per_day: int | None, per_week: int | None, per_month: int | None, language: str | None = None) -> str:
    """The message frequency, from the longest capped period."""
    words = wording(language)
    for most, period in zip((per_month, per_week, per_day), words.periods, strict=True):
        if most is not None:
            return words.up_to[most > 1].format(most=most, period=period)
    return words.varies


def defaults(brand: str, often: str, support: str | None, language: str | None = None) -> Texts:
    """`often`: from `frequency`; `support`: an address, number or link for questions."""
    words = wording(language)
    ask = words.ask.format(support=support) if support else ""
    own = (words.help, words.opt_in, words.opt_out, words.picture, words.first)
    return Texts(*(text.format(brand=brand, ask=ask, often=often, rates=words.rates) for text in own))


ENGLISH = "en"
WORDINGS: Mapping[str, Wording] = {
    ENGLISH: Wording(
        help="{brand}:{ask} {often}. {rates}. Reply STOP to cancel.",
        opt_in="{brand}: You're subscribed. {often}. {rates}. Reply HELP for help, STOP to cancel.",
        opt_out="{brand}: You are unsubscribed and will get no more messages. Reply START to rejoin.",
        picture="{often}. {rates}. Reply HELP for help, STOP to cancel.",
        first=OPT_OUT_WORDS,
        ask=" Questions? {support}.",
        rates="Msg & data rates may apply",
        up_to=("Up to {most} msg/{period}", "Up to {most} msgs/{period}"),
        periods=("month", "week", "day"),
        varies="Msg frequency varies",
    ),
    "es": Wording(
        help="{brand}:{ask} {often}. {rates}. Responde STOP para cancelar.",
        opt_in="{brand}: Te has suscrito. {often}. {rates}. Responde AYUDA para ayuda, STOP para cancelar.",
        opt_out="{brand}: Te diste de baja y no te enviaremos otros mensajes. Responde START para volver.",
        picture="{often}. {rates}. Responde AYUDA para ayuda, STOP para cancelar.",
        first="Responde STOP para cancelar",
        ask=" ¿Preguntas? {support}.",
        rates="Pueden aplicarse tarifas de mensajes y datos",
        up_to=("Hasta {most} msj/{period}", "Hasta {most} msjs/{period}"),
        periods=("mes", "semana", "24 h"),
        varies="Frecuencia de mensajes variable",
    ),
    "fr": Wording(
        help="{brand}:{ask} {often}. {rates}. Répondez STOP pour annuler.",
        opt_in="{brand}: Votre inscription est faite. {often}. {rates}. Répondez AIDE pour de l'aide, STOP pour annuler.",
        opt_out="{brand}: Votre désabonnement est fait, vous ne recevrez plus de messages. Répondez START pour revenir.",
        picture="{often}. {rates}. Répondez AIDE pour de l'aide, STOP pour annuler.",
        first="Répondez STOP pour vous désabonner",
        ask=" Des questions? {support}.",
        rates="Des frais de messagerie et de données peuvent s'appliquer",
        up_to=("Jusqu'à {most} msg/{period}", "Jusqu'à {most} msgs/{period}"),
        periods=("mois", "semaine", "jour"),
        varies="Fréquence des messages variable",
    ),
}
"""Spanish without accented a, i, o and u: these, unlike the French letters here, would make a text UCS-2."""
