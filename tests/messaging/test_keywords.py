"""STOP, START, HELP: the whole text, however it is typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.messaging.keywords import classify

WORDS = {
    "stop": ["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT", "OPT-OUT",
             "REMOVE", "ARRET", "ARRÊT"],
    "start": ["START", "UNSTOP", "SUBSCRIBE"],
    "help": ["HELP", "INFO"],
}  # fmt: skip
every_word = st.sampled_from([(word, kind) for kind, words in WORDS.items() for word in words])
around = st.text(st.sampled_from(" \t\r\n.,!?…\"'“”«»()[]*_-–—\u00a0\u200b\ufeff\u202e🛑"), max_size=6)
unseen = st.sampled_from(["", "\u200b", "\u00ad", "\u2060", "\ufe0f", "\u202e", "\u034f"])


@pytest.mark.parametrize(("word", "kind"), [(word, kind) for kind, words in WORDS.items() for word in words])
def test_every_word_of_the_table(word: str, kind: str) -> None:
    assert classify(word) == kind


@pytest.mark.parametrize(
    "text",
    ["Stop.", " stop ", "“STOP”", "'stop'", "STOP!!!", "ＳＴＯＰ", "S\u200bT\u00adOP", "Stop  all", "stop\nall", "opt‑out",
     "opt – out", "arre\u0302t", "STOP\u202e", "🛑 STOP 🛑", "𝐒𝐓𝐎𝐏", "ſtop"],
)  # fmt: skip
def test_a_stop_however_it_is_typed(text: str) -> None:
    assert classify(text) == "stop"


@pytest.mark.parametrize(
    "text",
    ["", " ", "!", "YES", "don't stop, love it", "end of season sale?", "cancel my order 123", "stop stop", "STOPP", "s t o p",
     "help me", "restart", "information", "👍", "s.t.o.p"],
)  # fmt: skip
def test_what_only_resembles_a_keyword(text: str) -> None:
    assert classify(text) is None


@given(every_word, around, around, st.data())
def test_case_punctuation_and_unseen_characters_make_no_difference(
    pair: tuple[str, str], before: str, behind: str, data: st.DataObject
) -> None:
    word, kind = pair
    typed = "".join(data.draw(st.sampled_from([c, c.lower()])) + data.draw(unseen) for c in word)

    assert classify(before + typed + behind) == kind


@given(every_word, st.sampled_from(["order", "my", "please", "1", "ça", "中"]))
def test_another_word_beside_it_makes_it_none(pair: tuple[str, str], other: str) -> None:
    assert classify(f"{pair[0]} {other}") is None
    assert classify(f"{other}, {pair[0]}") is None
