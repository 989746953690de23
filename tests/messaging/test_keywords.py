"""STOP, START, HELP: the whole text, however it is typed; and STOP in other words."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.messaging.keywords import classify, heard, language_of, own_text, plain

WORDS = {
    "stop": ["STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "OPT OUT", "OPT-OUT",
             "REMOVE", "UNSUB", "STOP2QUIT", "STOP TO QUIT", "STOP 2 END", "TD", "ARRET", "ARRÊT", "ARRETE",
             "ALTO", "PARAR", "BAJA", "DARSE DE BAJA", "ANNULER", "Désabonner"],
    "start": ["START", "UNSTOP", "SUBSCRIBE"],
    "help": ["HELP", "INFO", "AYUDA", "AIDE"],
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


# --- in other words ------------------------------------------------------------------------------------------------

SURE = [
    "STOP",
    "Stop.",
    " stop ",
    "“STOP”",
    "STOP ALL",
    "stopall",
    "opt out",
    "OPT-OUT",
    "revoke",
    "ARRÊT",
    "ＳＴＯＰ",
    "S\u200bTOP",
]
OTHERWISE = [
    "please stop texting me", "unsubscribe me", "STOP PLEASE", "stop texting me", "Unsubscribe me please", "opt out now", "Stop it!!!",
    "PLEASE STOP", "stop stop", "no more texts", "Remove me from your list", "take me off", "leave me alone", "do not text this number",
    "Don’t text me again", "dont text me", "DON'T  TEXT", "how do I unsubscribe?", "quit, please", "cancel please", "yes stop", "No, stop",
    "can you stop", "revoke my consent", "Arrêt s’il vous plaît", "arrêtez de m'écrire", "ＳＴＯＰ ＰＬＥＡＳＥ",
    "st\u00adop\u200b plea\u2060se",
    "Don't ever contact me again", "do not ever message me", "never contact this number", "DONT SEND ME ANYTHING", "unsub me",
    "stop2quit please", "please “STOP”", "I said “stop”!",
    "“Stop” «now»", "wrong person, lose my number", "I like you but stop messaging me", "Hey stop sending these",
    "S.T.O.P", "S T O P", "s-t-o-p", "S. T. O. P.", "T.D.", "t d", "Q U I T", "S.T.O.P. texting me", "please S T O P", "“S.T.O.P”",
    "stopp", "stoppp", "STOPPPP", "STOPPPP!!!", "Stooooop", "sssstop", "stopppp texting me", "unsubscribeee", "please “stoppp”",
    "I don't want these texts", "i dont want your texts anymore", "I do not want any more messages", "we don’t need these text messages",
    "don't send me texts", "I no longer want to receive your messages", "never send me sms", "how do I opt out to end this",
    "DNC", "dnc!", "do not call", "DO NOT CALL", "Please do not call", "don't call me", "put me on your do not call list",
    "add me to the DNC list",
    "Alto, por favor", "Quiero darme de baja", "ya no me manden mensajes", "No quiero más mensajes", "dejen de escribirme!!",
    "Désabonnez-moi SVP", "Je veux me désabonner", "Ne m’envoyez plus rien", "je ne veux plus recevoir vos textos",
]  # fmt: skip
DOUBTFUL = [
    "don't stop, love it", "don’t stop texting me!", "Never stop texting me", "I do not want to unsubscribe", "cancel my order 123",
    "end of season sale?", "quit smoking tips", "when do you stop serving?", "stop by the store?", "Can I stop in on Sunday?",
    "wrong number", "remove the blue one from my cart", "non-stop flights",
    "the bus stop", "stopp by?", "fuck off", "FUCK OFF!!", "piss off", "don't call, just text", "is DNC the next one?",
    "my bank is T.D. in Boston",
    "reply “STOP”", 'reply "STOP"', 'I sent "stop" already, what now', "Reply «S.T.O.P»",
    "I don't want these texts to stop", "I never want your messages to end!",
    "no quiero darme de baja", "no dejen de escribirme", "je ne veux pas me désabonner",
]  # fmt: skip
ORDINARY = [
    "",
    "YES",
    "yes please",
    "love it",
    "who is this?",
    "what time do you open",
    "the weekend",
    "unstoppable",
    "stopper",
    "stoppage",
    "the stoop",
    "stopped",
    "s t o",
    "A T M",
    "don't want to miss your texts",
    "I don't need a text",
    "call me",
    'Liked "STOP"',
    'he said "end of season"',
    "nonstop",
    "🛑",
    "👍",
    "ends",
    "I live in Palo Alto",
    "Baja California",
    "quiero más información",
    "je veux plus de messages",
]


@pytest.mark.parametrize("text", SURE)
def test_a_whole_text_is_sure(text: str) -> None:
    assert heard(text) == ("stop", False)


@pytest.mark.parametrize("text", OTHERWISE)
def test_other_words_count_as_a_stop_and_a_person_looks(text: str) -> None:
    assert classify(text) is None
    assert heard(text) == ("stop", True)


@pytest.mark.parametrize("text", DOUBTFUL)
def test_what_only_may_be_meant_so_is_looked_at_and_opts_nobody_out(text: str) -> None:
    assert heard(text) == (None, True)


@pytest.mark.parametrize("text", ORDINARY)
def test_what_has_nothing_of_a_stop_is_nobodys_business(text: str) -> None:
    assert heard(text) == (None, False)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("AYUDA", "es"),
        ("¿Ayuda?", "es"),
        ("alto por favor", "es"),
        ("Quiero darme de baja", "es"),
        ("Aide", "fr"),
        ("ARRÊT", "fr"),
        ("ne m'envoyez plus rien", "fr"),
        ("“AYUDA”", "es"),
        ("STOP", None),
        ("INFO", None),
        ("gracias", None),
        ("", None),
    ],
)
def test_the_language_in_which_somebody_asks(text: str, language: str | None) -> None:
    assert language_of(text) == language


# --- what a text quotes of ours ------------------------------------------------------------------------------------

OURS = "Acme: the “big” sale isn't over. Reply STOP to opt out"
REACTIONS = [
    "Liked “{}”", "Loved “{}”", "Disliked “{}”", "Laughed at “{}”", "Emphasized “{}”", "Questioned “{}”", 'Liked "{}"', "Liked '{}'",
    "Reacted 👍 to “{}”", "Removed a heart from “{}”", "\u200b👍\u200b to “\u200a{}\u200a”", "Liked “{}", "A aimé « {} »", "Le gustó “{}”",
    "Gostou de “{}”", "Gefällt „{}“", "„{}“ gefällt mir", "Gillade ”{}”", "「{}」に「いいね」しました", "Heeft “{}” leuk gevonden",
]  # fmt: skip


@pytest.mark.parametrize("reaction", REACTIONS)
@pytest.mark.parametrize("ours", [OURS, "STOP", "stop texting", "HELP", "Text STOP to end, HELP for help"])
def test_a_reaction_is_no_word_of_its_own(reaction: str, ours: str) -> None:
    assert heard(reaction.format(ours)) == (None, False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"> {OURS}\nLove it!", (None, False)),
        (f"Love it!\n  >{OURS}\n>\n> Acme Inc.", (None, False)),
        (f"Thanks! “{OURS}”", (None, False)),
        (f"you wrote “{OURS}”, what is that?", (None, False)),
        (f"> {OURS}\nSTOP", ("stop", False)),
        (f"> {OURS}\nSTART", ("start", False)),
        (f"“{OURS}” please stop texting me", ("stop", True)),
        (f"Liked “{OURS}” STOP", ("stop", False)),
        ("“STOP”", ("stop", False)),
        ("> STOP", ("stop", False)),
        ("«HELP»", ("help", False)),
        ("“please stop texting me”", ("stop", True)),
        ('a 6" pizza, stop texting me, a 7" one', ("stop", True)),
        ("“ stop texting me", ("stop", True)),
        ("I’m ‘done’, stop texting me, it isn’t ‘fun’", ("stop", True)),
    ],
)
def test_what_stands_outside_of_a_quotation_is_read_and_a_quotation_alone(
    text: str, found: tuple[str | None, bool]
) -> None:
    assert heard(text) == found


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Sí", "si"),
        ("“Yes!”", "yes"),
        ("> Reply YES\nNo", "no"),
        ("Liked “Reply YES”", "liked"),
        ("1️⃣", "1"),
        ("각", "각"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_what_somebody_says_themselves_as_it_is_compared(text: str, own: str) -> None:
    assert plain(own_text(text)) == own


@pytest.mark.parametrize(
    ("text", "kind"), [("START", "start"), ("unstop", "start"), ("help", "help"), ("info", "help")]
)
def test_start_and_help_are_whole_texts_alone(text: str, kind: str) -> None:
    assert heard(text) == (kind, False)
    assert heard(f"{text} me") == (None, False)


@given(st.text(max_size=60))
def test_any_text_is_heard_and_a_keyword_stays_one(text: str) -> None:
    found = heard(text)
    assert found.kind == classify(text) if classify(text) else found.kind in (None, "stop")


@pytest.mark.parametrize(
    "text",
    ["a" + "\u0315\u0300" * 5_000, "\u0315\u200b\u0300\u200b" * 2_500, "\ufdfa" * 10_000, "please " * 1_400, "don't want to " * 700,
     "no more " * 1_250, "s t o p " * 1_250, "s t o " * 1_600, "s" * 10_000, "stop" + "p" * 9_990 + "a",
     "don't want " * 900, "stop by " * 1_250, " " * 10_000, "“" * 10_000, "“”\"" * 3_300, "> stop\n" * 1_400,
      "s\u200b" * 5_000, "STOP" * 2_500],
    ids=lambda text: ascii(text[:8]),
)  # fmt: skip
def test_ten_thousand_hostile_characters_are_soon_heard(text: str) -> None:
    began = time.process_time()
    heard(text)
    assert time.process_time() - began < 3  # a few hundredths; what grew with the square would take many seconds
