"""What the provider took a text for counts too, in any language; and what comes from no phone counts for nobody (C1)."""

from __future__ import annotations

from pathlib import Path

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


def test_a_stop_of_the_network_opts_out_in_any_language_and_is_not_answered_again(tmp_path: Path) -> None:
    with Shop(tmp_path, PROMO, SAIR) as shop:
        stops = ("SAIR", "ALTO", "PARAR", "BAJA", "ARRET", "STOP")
        people = dict(zip(shop.crowd(len(stops)), stops, strict=True))
        for phone in people:
            shop.event("list.joined", phone)
        shop.tick()
        for phone, words in people.items():
            shop.hears(words, phone, taken_for="stop")
        shop.send_all()
        for after in (0, HOUR, 3 * DAY):
            shop.goes_on(after)
        for phone, words in people.items():
            assert shop.consent_of(phone) == "unsubscribed", words
        assert (shop.arrived(), shop.answers(), shop.notes()) == ([], [], [])
        assert shop.ends() == ["opted out"] * len(stops), "it starts no flow of that keyword either"


def test_its_help_is_a_help_that_is_answered(tmp_path: Path) -> None:
    with Shop(tmp_path, PROMO, SAIR) as shop:
        for words, phone in (("AJUDA", ADA), ("HELP", ADA), ("HELP", ZED)):
            shop.hears(words, phone, taken_for="help")
            shop.goes_on()
        assert (shop.arrived(), shop.runs(), shop.listed(ZED)) == ([], [], None)


STARTS = [  # what is said, the consent before and after it
    ("YES", "unsubscribed", "unsubscribed"),
    ("ALTA", "unsubscribed", "unsubscribed"),
    ("YES", None, None),
    ("YES", "subscribed", "subscribed"),
    ("START", "unsubscribed", "subscribed"),
    ("unstop!", "unsubscribed", "subscribed"),
]


def test_its_start_lifts_an_opt_out_with_a_word_of_ours_alone_and_gives_no_consent(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        for known, (words, before, after) in zip(shop.crowd(len(STARTS)), STARTS, strict=True):
            phone = known if before else ZED
            if before:
                shop.consent(phone, before)
            shop.hears(words, phone, taken_for="start")
            shop.goes_on()
            assert (shop.consent_of(phone), shop.arrived()) == (after, []), (words, before)


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


def test_what_comes_from_no_phone_is_kept_and_opts_nobody_out(tmp_path: Path) -> None:
    senders = ("72975", "262966", "AMAZON", "Acme Corp", "whatsapp:+12025550143")
    with Shop(tmp_path) as shop:
        who = IncomingContact("72975", "+12025550160", {})  # a customer id is no number
        shop.app.database.write(lambda db: upsert(db, [who], "America/New_York", shop.clock.now()))
        shop.consent("+12025550160", "subscribed")
        for sender in senders:
            for _ in range(2):
                shop.hears("STOP", sender, to=FREE, id=f"in-{sender}")
            shop.goes_on()
        with shop.app.database.reading() as db:
            kept = db.execute("SELECT contact, data FROM event WHERE name = '@inbound' ORDER BY id").fetchall()
            assert db.execute("SELECT COUNT(*) FROM consent_log WHERE status = 'unsubscribed'").fetchone() == (0,)
        for sender, (contact, data) in zip(senders, kept, strict=True):
            assert contact is None and sender in data and "STOP" in data
        assert (shop.consent_of("+12025550160"), shop.notes(), shop.arrived()) == ("subscribed", [], [])
