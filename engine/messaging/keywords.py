"""What an inbound text asks for: stop, start, help, or none of them (promise C1).

Invariants: START and HELP must be the whole text. STOP counts as the whole text, or as other wording that a reasonable person would read as
an opt-out (47 CFR 64.1200(a)(10)); other wording takes effect at once and is flagged for review. Wording that may mean an opt-out ("cancel
my order", "don't stop, I love it") does not opt out, and is flagged for review. Quoted text (Liked “… Reply STOP”) is ignored, unless the
text is nothing but the quotation; a text that mentions a quoted STOP (reply “STOP”) is flagged for review. A spelled (S.T.O.P) or stretched
(stoppp) STOP counts as other wording. Case, width, accents, punctuation, quotes, emoji, white space and invisible characters are ignored.
The words and their sources are in data/keywords.json, those of Spanish and French too; YES is not one of them, because it is also an
ordinary answer. The work is linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal, NamedTuple, cast

import regex

from engine.messaging import quotations
from engine.messaging.tables import table

Keyword = Literal["stop", "start", "help"]

_UNSEEN = regex.compile(r"[\p{Default_Ignorable_Code_Point}\p{Cf}]")
_BETWEEN_WORDS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_ACCENTS = re.compile("[\u0300-\u036f\u20d0-\u20ff]")  # and the frame of a keycap emoji
_TOO_MANY_MARKS = regex.compile(r"(\p{M}{8})\p{M}+")  # on one letter; sorting them costs their number squared


class KeywordMatch(NamedTuple):
    kind: Keyword | None
    review: bool = False  # a person should look at it


def classify(text: str) -> Keyword | None:
    """The keyword that the whole text is, if it is one."""
    return _KEYWORDS.get(plain(text))


def heard(text: str) -> KeywordMatch:
    """`classify` with other wording: "STOP PLEASE" is a stop to be reviewed, "end of season?" is only reviewed."""
    whole = classify(text)
    if whole is not None:
        return KeywordMatch(whole)
    found = _split(text)
    said = plain(found.own)
    if not said and not found.reaction:
        return _read(plain(text))
    quoted = "" if found.reaction else _unspelled(plain(found.quoted))
    if quoted and not _POLITE.sub("", said) and _asks_to_stop(quoted):
        return KeywordMatch("stop", True)
    read = _read(said)
    told = read.kind is None and _is_stop(quoted) and _TELLING.search(said) is not None
    return KeywordMatch(read.kind, read.review or told)


def language_of(text: str) -> str | None:
    """The language in which a text asks for something, if its words are of one other than English: `es` of AYUDA."""
    said = plain(own_text(text))
    bare = _POLITE.sub("", said).strip()
    return next((name for name, (words, wording) in _IN.items() if bare in words or wording.search(f" {said}")), None)


def own_text(text: str) -> str:
    """The text without its quotations, unless it has nothing else."""
    found = _split(text)
    own = f"{found.reaction} {found.own}".strip()
    return own if fold(own).strip() else text.strip()


def _split(text: str) -> quotations.Split:
    return quotations.split(_visible(text), lambda before: plain(before) in _REACTIONS)


def _read(said: str) -> KeywordMatch:
    whole = _KEYWORDS.get(said)
    if whole is not None:
        return KeywordMatch(whole)
    said = _unspelled(said)
    if _asks_to_stop(said) or any(match["not"] is None for match in _PHRASES.finditer(f" {said}")):
        return KeywordMatch("stop", True)
    return KeywordMatch(None, _DOUBTFUL.search(f" {said}") is not None)


def _asks_to_stop(said: str) -> bool:
    """A keyword among polite words, or an opening that is an opt-out whatever follows."""
    if _is_stop(said):
        return True
    opening = _OPENING.match(said)
    return opening is not None and _ORDINARY.match(said, opening.start("word")) is None


def _is_stop(said: str) -> bool:
    bare = _POLITE.sub("", said).strip()
    return _KEYWORDS.get(bare) == "stop" or bare in _WHOLES


def _unspelled(said: str) -> str:
    """With the stop words that are spelled (s t o p) or stretched (stoppp) as they are meant."""
    joined = _SPELLED.sub(lambda match: match[0].replace(" ", ""), said)
    return _STRETCHED.sub(lambda match: cast(str, match.lastgroup), joined)


def _stretched(word: str) -> str:
    """The word with its last letter any number of times, others once or more than twice: a stoop is no stop."""
    return f"(?P<{word}>" + "".join(f"{each}(?:{each}{{2,}})?" for each in word[:-1]) + f"{word[-1]}+)"


def plain(text: str) -> str:
    """What is compared: two texts are the same keyword where this is the same."""
    return fold(text).strip()


def fold(text: str) -> str:
    """Case, width and accents aside, one blank for all that is neither letter nor digit, also at the ends."""
    # Accents go as marks of their own, and what is left composes again: whole syllables of Hangul are letters.
    bare = _ACCENTS.sub("", unicodedata.normalize("NFKD", _visible(text).casefold()))
    return cast(str, _BETWEEN_WORDS.sub(" ", unicodedata.normalize("NFKC", bare)))


def _visible(text: str) -> str:
    return cast(str, _UNSEEN.sub("", unicodedata.normalize("NFKC", _TOO_MANY_MARKS.sub(r"\1", text))))


def _any(phrases: Iterable[str]) -> str:
    """One of them, the longest that fits."""
    return "|".join(sorted({re.escape(plain(phrase)) for phrase in phrases}, key=len, reverse=True))


_DATA = table("keywords")
_WORDING = _DATA["wording"]
_LANGUAGES = {name: told for name, told in _DATA["languages"].items() if isinstance(told, dict)}
_KINDS: tuple[Keyword, ...] = ("stop", "start", "help")
_OWN: dict[str, Keyword] = {plain(word): kind for kind in _KINDS for word in _DATA["words"][kind]}
_OTHERS = {plain(word): kind for told in _LANGUAGES.values() for kind in _KINDS for word in told.get(kind, ())}
_KEYWORDS: dict[str, Keyword] = _OTHERS | _OWN
_REACTIONS = frozenset(map(plain, _WORDING["reactions"]))
_STOPS = [word for word, kind in _OWN.items() if kind == "stop"]
_WHOLES = frozenset(map(plain, _WORDING["wholes"]))


def _all(key: str) -> list[str]:
    """What is listed so of every language."""
    return [*_WORDING.get(key, ()), *(each for told in _LANGUAGES.values() for each in told[key])]


# Over plain texts: words with one blank between. The alternatives are literal and few, so each place costs the same.
_POLITE = re.compile(rf"(?<![^ ])(?:{_any(_all('polite'))})(?: |$)")
_OPENING = re.compile(rf"(?:(?:{_any(_all('polite'))}) ){{0,4}}(?P<word>{_any(_WORDING['openings'])})(?: |$)")
_ORDINARY = re.compile(rf"(?:{_any(_WORDING['ordinary_openings'])})(?: |$)")
_SPELLED = re.compile(rf"(?<![^ ])(?:{_any(' '.join(word) for word in _STOPS if ' ' not in word)})(?![^ ])")
_STRETCHED = re.compile(rf"(?<![^ ])(?:{'|'.join(map(_stretched, _WORDING['stretched']))})(?![^ ])")
_TELLING = re.compile(rf"(?<![^ ])(?:{_any(_WORDING['telling'])})(?![^ ])")
_ACTS, _WHICH, _THINGS = (_any(_WORDING["unwanted"][each]) for each in ("acts", "which", "things"))
_UNWANTED = rf"(?:{_ACTS}) (?:(?:{_WHICH}) )?(?:{_THINGS})(?! (?:{_any(_WORDING['ordinary_endings'])})(?: |$))"
_FORBIDDEN = rf"(?:{_any(_WORDING['forbidding'])}) (?:{_any(_WORDING['forbidden'])}|{_UNWANTED})"
_PHRASES = re.compile(rf" (?P<not>(?:{_any(_all('negations'))}) )?(?:{_any(_all('phrases'))}|{_FORBIDDEN})(?= |$)")
_OTHER_PHRASES = [phrase for told in _LANGUAGES.values() for phrase in told["phrases"]]  # where they are negated
_DOUBTFUL = re.compile(rf" (?:{_any([*_STOPS, *_WORDING['doubtful'], *_OTHER_PHRASES])})(?= |$)")
_IN = {
    name: (
        frozenset(plain(word) for kind in _KINDS for word in told.get(kind, ())),
        re.compile(rf" (?:{_any(told['phrases'])})(?= |$)"),
    )
    for name, told in _LANGUAGES.items()
}
