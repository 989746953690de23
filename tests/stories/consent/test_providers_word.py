"""What the provider took a text for counts too, in any language; and what comes from no phone counts for nobody (C1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.contacts.people import IncomingContact, upsert
from tests.stories.consent.stage import FREE, PROMO, ZED, Shop
from tests.world import ADA, DAY, HOUR

SAIR = """\
flow: sair
language: 1
category: transactional
trigger: {keyword: [SAIR, AJUDA]}
steps: [{id: hero, sms: "Sair is the shop next door"}]
"""


@pytest.mark.parametrize("words", ["SAIR", "ALTO", "PARAR", "BAJA", "ARRET", "STOP"])
def test_a_stop_of_the_network_opts_out_in_any_language_and_is_not_answered_again(tmp_path: Path, words: str) -> None:
    with Shop(tmp_path, PROMO, SAIR) as shop:
        shop.event("list.joined", ADA)
        shop.tick()
        shop.hears(words, taken_for="stop")
        shop.send_all()
        for after in (0, HOUR, 3 * DAY):
            shop.goes_on(after)
        assert shop.consent_of() == "unsubscribed"
        assert (shop.arrived(), shop.answers(), shop.notes()) == ([], [], [])
        assert shop.ends() == ["opted out"], "it starts no flow of that keyword either"


def test_its_help_is_a_help_that_is_answered(tmp_path: Path) -> None:
    with Shop(tmp_path, PROMO, SAIR) as shop:
        for words, phone in (("AJUDA", ADA), ("HELP", ADA), ("HELP", ZED)):
            shop.hears(words, phone, taken_for="help")
            shop.goes_on()
        assert (shop.arrived(), shop.runs(), shop.listed(ZED)) == ([], [], None)


@pytest.mark.parametrize(
    ("words", "before", "after"),
    [
        ("YES", "unsubscribed", "unsubscribed"),
        ("ALTA", "unsubscribed", "unsubscribed"),
        ("YES", None, None),
        ("YES", "subscribed", "subscribed"),
        ("START", "unsubscribed", "subscribed"),
        ("unstop!", "unsubscribed", "subscribed"),
    ],
)
def test_its_start_lifts_an_opt_out_with_a_word_of_ours_alone_and_gives_no_consent(
    tmp_path: Path, words: str, before: str | None, after: str | None
) -> None:
    with Shop(tmp_path) as shop:
        phone = ADA if before else ZED
        if before:
            shop.consent(phone, before)
        shop.hears(words, phone, taken_for="start")
        shop.goes_on()
        assert (shop.consent_of(phone), shop.arrived()) == (after, [])


def test_our_own_reading_of_a_stop_outweighs_its_start(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("yes stop", taken_for="start")
        assert shop.consent_of() == "unsubscribed"


def test_a_reaction_to_our_text_opts_nobody_out_and_is_nobodys_business(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.event("list.joined", ADA)
        shop.tick()
        shop.hears("Liked “Acme: the spring drop is live. Reply STOP to opt out”")
        shop.hears("> Acme: the spring drop is live. Reply STOP to opt out\nLovely!")
        shop.goes_on(2 * DAY)
        assert (shop.consent_of(), shop.notes(), shop.ends()) == ("subscribed", [], ["end"])


@pytest.mark.parametrize("sender", ["72975", "262966", "AMAZON", "Acme Corp", "whatsapp:+12025550143"])
def test_what_comes_from_no_phone_is_kept_and_opts_nobody_out(tmp_path: Path, sender: str) -> None:
    with Shop(tmp_path) as shop:
        who = IncomingContact("72975", "+12025550160", {})  # a customer id is no number
        shop.app.database.write(lambda db: upsert(db, [who], "America/New_York", shop.clock.now()))
        shop.consent("+12025550160", "subscribed")
        for _ in range(2):
            shop.hears("STOP", sender, to=FREE, id="in-1")
        shop.goes_on()
        with shop.app.database.reading() as db:
            (kept,) = db.execute("SELECT contact, data FROM event WHERE name = '@inbound'").fetchall()
            assert db.execute("SELECT COUNT(*) FROM consent_log WHERE status = 'unsubscribed'").fetchone() == (0,)
        assert kept[0] is None and sender in kept[1] and "STOP" in kept[1]
        assert (shop.consent_of("+12025550160"), shop.notes(), shop.arrived()) == ("subscribed", [], [])
