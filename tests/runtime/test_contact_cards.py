"""Contact cards: one for each contact, and what later messages with one are."""

from __future__ import annotations

from pathlib import Path

from engine.contacts import consent
from engine.store import forgetting
from tests.world import ADA, BEN, DAY, PROJECT, World

SHOP = PROJECT + "support: help@acme.example\nlogo: media/hero.png\n"
FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
entry: {while_active: parallel}
steps:
  - {id: save, sms: {text: "Save our number.", card: true, otherwise: text}}
"""
SKIPS = (
    FLOW.replace("hello", "later").replace("list.joined", "order.placed").replace("otherwise: text", "otherwise: skip")
)


def sent(world: World) -> list[tuple[str, str, bool]]:
    """(step, state, whether it has the card), oldest first."""
    with world.app.database.reading() as db:
        pictures = [str(media) for (media,) in db.execute("SELECT media FROM message WHERE run > 0 ORDER BY id")]
    told = zip(world.messages(), pictures, strict=True)
    return [(each.step, each.status, media.endswith(".vcf")) for each, media in told]


def test_the_first_message_has_the_card_and_later_ones_go_without(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, SKIPS, project=SHOP) as world:
        world.event("list.joined", ADA)
        world.event("list.joined", ADA)  # of one batch
        world.event("list.joined", BEN)
        world.tick()
        assert sorted(has for _, _, has in sent(world)) == [False, True, True]
        world.send()
        ledger = world.simulator.ledger.messages()
        assert sorted(entry.media_url is not None for entry in ledger) == [False, True, True]
        assert [each.parts for each in world.messages()] == [1, 1, 1]
        assert any("the contact has the card: the text goes alone" in line for line in world.story(ADA))
        world.event("order.placed", ADA)
        world.tick(DAY)
        assert world.told()[-1] == ("save", "skipped", "the contact has the card")
        forgetting.forget(world.app.database, BEN, world.clock.now())
        with world.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM given_card").fetchone() == (1,)


def test_a_card_whose_message_never_left_was_not_given(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        world.event("list.joined", ADA)
        world.tick()
        consent.unsubscribe(world.app.database, ADA, "letter", world.clock.now())
        world.tick()
        assert sent(world) == [("save", "cancelled", True)]
        world.consent(ADA, "subscribed", lifts=True)
        world.event("list.joined", ADA)
        world.tick(DAY)
        assert sent(world)[-1] == ("save", "queued", True)


def test_where_no_mms_goes_a_link_leads_to_the_card(tmp_path: Path) -> None:
    flow = FLOW.replace("otherwise: text", "otherwise: link")
    with World(tmp_path, flow, project=SHOP.replace("rate: 1000,", "rate: 1000, mms: false,")) as world:
        world.event("list.joined", ADA)
        world.tick()
        with world.app.database.reading() as db:
            ((url,),) = db.execute("SELECT url FROM link").fetchall()
        ref = url.rpartition("/m/")[2]
        assert ref.endswith(".vcf")
        assert world.app.picture(ref) is not None
