"""The ready-made flows: each is a project that checks and applies as it stands, and does what its picture says.

Walked on a manual clock through the real engine to the simulator: the way to the end, and the way out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from engine.cli.shared import scaffold
from engine.cli.shared.bundled import bundled, described, templates
from engine.contacts import consent
from engine.deploy.read_project import read_and_check
from engine.language.diagnostics.rendering import render
from engine.registry import registry
from tests.flows.stage import Stage
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE

NAMES = sorted(templates())
ORDER = {"order_id": "A-1", "total": 59}
SNEAKER = {"sku": "SN-7", "product": "weekend sneaker"}
PARCEL = "https://tracking.example/"
CART = "https://shop.example/cart/C-1"
ZED = "+12025550178"  # nobody whom we know


# --- all of them ---------------------------------------------------------------------------------------------------


def test_there_are_seventeen_and_all_are_walked_here() -> None:
    assert NAMES == [
        "abandoned-cart", "back-in-stock", "birthday", "browse-abandonment", "consent-write-back", "double-opt-in",
        "flash-sale-campaign", "holiday-campaign", "keyword-join", "mms-first", "post-purchase-by-item", "post-purchase-review",
        "price-drop", "shipping-updates", "vip-early-access", "welcome", "win-back",
    ]  # fmt: skip
    walks = re.findall(r'Stage\(tmp_path, "([a-z-]+)"', Path(__file__).read_text("utf-8"))
    assert sorted(set(walks)) == NAMES


def test_the_library_has_nothing_to_say_of_itself() -> None:
    checked = read_and_check(bundled("flows"), registry())
    assert checked.findings == (), render(checked.findings, checked.sources)
    assert {name: flow.description for name, flow in checked.flows.items()} == described()


@pytest.mark.parametrize("name", NAMES)
def test_a_new_project_has_no_findings_and_only_what_it_needs(name: str, tmp_path: Path) -> None:
    made = scaffold.make(tmp_path, name)
    checked = read_and_check(tmp_path, registry())
    assert checked.findings == (), render(checked.findings, checked.sources)
    assert list(checked.flows) == [name]
    flow = (tmp_path / f"flows/{name}.yaml").read_text("utf-8")
    pictures = {path.relative_to(tmp_path).as_posix() for path in made if path.parent.name == "media"}
    assert pictures == set(re.findall(r"(?:image|fallback): (media/[\w.]+)", flow))
    started = re.search(r"^trigger:[^\n]*\n  event: (\S+)", flow, re.MULTILINE)
    assert (tmp_path / "events.json").exists() == bool(started)
    if started:
        events = json.loads((tmp_path / "events.json").read_bytes())
        assert {event["event"] for event in events} == {started[1]}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_explains_itself(name: str) -> None:
    text = templates()[name].read_text("utf-8")
    assert text.startswith("# ")
    assert "└─" in text, "the flow in a picture"
    assert described()[name]
    assert text.count("#") >= 12, "a comment for what is new in it"
    if "sms:" not in text:
        return
    first = text.index("sms:")
    assert "My Shop:" in text[first:]
    transactional = "category: transactional" in text
    assert transactional or re.search("Reply STOP|STOP to opt out", text[first:])


def test_samples_start_templates_that_there_are() -> None:
    samples = json.loads((bundled("flows") / "samples.json").read_bytes())
    assert set(samples) <= set(NAMES)


@pytest.mark.parametrize("path", sorted((bundled("flows") / "media").iterdir()), ids=lambda path: path.name)
def test_a_picture_may_go_out_as_it_is_and_is_used(path: Path) -> None:
    assert path.stat().st_size <= 300_000
    with Image.open(path, formats=["JPEG"]) as picture:
        picture.load()
        assert picture.size == (1080, 1350)
    assert any(f"media/{path.name}" in flow.read_text("utf-8") for flow in templates().values())


# --- each by itself ------------------------------------------------------------------------------------------------


def test_mms_first(tmp_path: Path) -> None:
    with Stage(tmp_path, "mms-first") as stage:
        stage.happens("list.joined", {"list": "vip"})
        stage.happens("list.joined", {"list": "vip"}, BEN)
        stage.days(1)
        stage.happens("order.placed", ORDER, BEN)
        stage.days(4)
        assert stage.sent() == ["MMS hero", "MMS hero", "SMS reminder"]
        assert stage.ends() == ["no_purchase", "converted"]


def test_welcome(tmp_path: Path) -> None:
    with Stage(tmp_path, "welcome") as stage:
        stage.happens("list.joined", {"list": "vip"})
        assert stage.runs() == [], "another list"
        stage.happens("list.joined", {"list": "newsletter"})
        stage.days(7)
        assert stage.sent() == ["MMS hello", "SMS code"]
        assert stage.ends() == ["no_purchase"]
        assert "Welcome, Ada!" in stage.messages()[0].text


def test_welcome_of_somebody_who_looks(tmp_path: Path) -> None:
    with Stage(tmp_path, "welcome") as stage:
        stage.happens("list.joined", {"list": "newsletter"})
        stage.click()
        stage.days(3)
        assert stage.sent() == ["MMS hello", "SMS loved"]
        stage.through(HOUR)
        assert stage.ends() == ["waiting:last_days"], "the first click was another one"
        stage.click()
        assert stage.ends() == ["engaged"]
        stage.happens("list.joined", {"list": "newsletter"})
        assert len(stage.runs()) == 1, "one welcome in a lifetime"


def test_keyword_join(tmp_path: Path) -> None:
    with Stage(tmp_path, "keyword-join", "welcome") as stage:
        stage.texts("join!", ZED)
        assert (stage.consent_of(ZED), stage.known(ZED).fields["tags"]) == ("subscribed", ["joined-by-text"])
        assert stage.sent() == ["SMS joined"]
        stage.through(HOUR + MINUTE)
        assert stage.ends() == ["joined", "waiting:settle"], "the welcome began with the emitted event"
        assert stage.sent("welcome") == ["MMS hello"]


def test_keyword_join_and_stop(tmp_path: Path) -> None:
    with Stage(tmp_path, "keyword-join", "welcome") as stage:
        stage.texts("Deals", ZED)
        stage.texts("STOP", ZED)
        stage.days(1)
        assert stage.ends() == ["opted out"]
        assert stage.sent("welcome") == []


@pytest.mark.parametrize(
    ("total", "tags", "offer"), [(89, [], "reminder"), (140, [], "tenner"), (140, ["vip"], "express")]
)
def test_abandoned_cart(tmp_path: Path, total: float, tags: list[str], offer: str) -> None:
    with Stage(tmp_path, "abandoned-cart") as stage:
        stage.contact(ADA, tags=tags)
        items = [{"title": "Garden coat"}, {"title": "Sneakers"}]
        stage.happens("checkout.started", {"cart": "C-1", "items": items, "total": total, "url": CART})
        stage.through(HOUR)
        assert "still in your bag: Garden coat and 1 more" in stage.messages()[0].text
        assert stage.leads_to() == CART
        stage.days(3)
        assert stage.sent() == ["MMS cart", f"SMS {offer}"]
        assert stage.ends() == ["no_purchase"]


def test_abandoned_cart_that_is_bought_or_too_small(tmp_path: Path) -> None:
    with Stage(tmp_path, "abandoned-cart") as stage:
        stage.happens("checkout.started", {"cart": "C-1", "total": 89})
        stage.happens("checkout.started", {"cart": "C-2", "total": 12}, BEN)
        stage.through(30 * MINUTE)
        stage.happens("order.placed", ORDER)
        stage.days(3)
        assert stage.ends() == ["converted"]
        assert stage.messages() == []


def test_browse_abandonment(tmp_path: Path) -> None:
    with Stage(tmp_path, "browse-abandonment") as stage:
        stage.happens("product.viewed", SNEAKER)
        stage.happens("product.viewed", SNEAKER, BEN)
        stage.through(HOUR)
        stage.happens("product.viewed", SNEAKER)
        stage.happens("product.viewed", {"sku": "other"}, BEN)
        stage.through(4 * HOUR)
        assert stage.ends() == ["waiting:look", "just_looking"]
        assert stage.sent() == ["SMS nudge"]
        stage.click()
        assert stage.ends() == ["engaged", "just_looking"]


def test_browse_abandonment_waits_for_the_morning_and_leaves_carts_to_others(tmp_path: Path) -> None:
    with Stage(tmp_path, "browse-abandonment") as stage:
        stage.at("2027-04-01 21:00")
        for phone in (ADA, CY):
            for _ in range(2):
                stage.happens("product.viewed", SNEAKER, phone)
        stage.happens("checkout.started", {"total": 10}, CY)
        stage.at("2027-04-02 09:59")
        assert stage.ends() == ["waiting:morning", "moved_on"]
        stage.at("2027-04-02 10:00")
        assert stage.sent() == ["SMS nudge"]
        stage.days(2)
        assert stage.ends() == ["not_interested", "moved_on"]


def test_back_in_stock(tmp_path: Path) -> None:
    with Stage(tmp_path, "back-in-stock") as stage:
        stage.happens("stock.requested", SNEAKER)
        stage.happens("stock.requested", {"sku": "CO-1", "product": "garden coat"})
        stage.days(20)
        stage.happens("stock.returned", {"sku": "CO-1"})
        assert stage.ends() == ["waiting:patience", "waiting:look"]
        assert stage.messages()[0].text.startswith("My Shop: It's back! The garden coat is")
        stage.click()
        stage.days(40)
        assert stage.ends() == ["never_came_back", "engaged"]
        assert stage.sent() == ["MMS news"]


def test_price_drop(tmp_path: Path) -> None:
    with Stage(tmp_path, "price-drop") as stage:
        stage.at("2027-04-02 03:00")
        stage.happens("price.dropped", {**SNEAKER, "price": 1069.5, "percent": 22})
        stage.happens("price.dropped", {**SNEAKER, "price": 80, "percent": 5}, BEN)
        assert stage.ends() == ["waiting:morning"]
        stage.at("2027-04-02 10:00")
        assert "now costs $1,069.50:" in stage.messages()[0].text
        stage.days(3)
        assert stage.sent() == ["MMS drop", "SMS last"]
        assert stage.ends() == ["no_purchase"]


def test_price_drop_that_is_bought(tmp_path: Path) -> None:
    with Stage(tmp_path, "price-drop") as stage:
        stage.happens("price.dropped", {**SNEAKER, "price": 69, "percent": 22})
        stage.happens("order.placed", ORDER)
        stage.days(3)
        assert stage.sent() == ["MMS drop"]
        assert stage.ends() == ["converted"]


@pytest.mark.parametrize(
    ("answer", "texts", "rating", "end"),
    [
        ("5, love it", ["SMS ask", "SMS public"], "happy", "happy"),
        ("2", ["SMS ask", "SMS sorry"], "unhappy", "unhappy"),
    ],
)
def test_post_purchase_review(tmp_path: Path, answer: str, texts: list[str], rating: str, end: str) -> None:
    with Stage(tmp_path, "post-purchase-review") as stage:
        stage.happens("order.delivered", {"order_id": "A-1"})
        stage.at("2027-04-11 10:59")
        assert stage.ends() == ["waiting:eleven"]
        stage.at("2027-04-11 11:00")
        stage.through(HOUR)
        stage.texts(answer)
        stage.days(2)
        assert stage.sent() == texts
        assert stage.ends() == [end]
        assert stage.known().fields["rating"] == rating


def test_post_purchase_review_of_what_was_sent_back(tmp_path: Path) -> None:
    with Stage(tmp_path, "post-purchase-review") as stage:
        for phone, order in ((ADA, "A-1"), (BEN, "B-1")):
            stage.happens("order.delivered", {"order_id": order}, phone)
            stage.happens("order.returned", {"order_id": "A-1"}, phone)
        stage.days(14)
        assert stage.ends() == ["returned", "no_answer"]


def test_win_back(tmp_path: Path) -> None:
    with Stage(tmp_path, "win-back") as stage:
        stage.happens("order.placed", ORDER)
        stage.happens("order.placed", ORDER, BEN)
        stage.tick(80 * DAY)
        stage.happens("order.placed", ORDER, BEN)
        stage.days(16)
        assert stage.ends() == ["waiting:week"], "Ben bought in time"
        stage.days(23)
        assert stage.sent() == ["MMS miss", "SMS offer"]
        assert "with the code BACK15: " in stage.messages()[1].text, "no code was imported"
        assert stage.ends() == ["still_gone"]
        assert stage.known().fields["tags"] == ["dormant"]


def test_post_purchase_by_item(tmp_path: Path) -> None:
    with Stage(tmp_path, "post-purchase-by-item") as stage:
        for phone, skus in ((ADA, ("TE-1", "SN-7")), (BEN, ("CO-1",)), (CY, ("TE-1",))):
            stage.happens("order.placed", ORDER | {"items": [{"sku": sku} for sku in skus]}, phone)
        stage.days(7)
        stage.click()
        stage.days(2)
        assert stage.sent() == ["SMS sneakers", "SMS coat"]
        assert stage.ends() == ["seen", "engaged", "nothing_to_say"]


def test_win_back_that_wins(tmp_path: Path) -> None:
    with Stage(tmp_path, "win-back") as stage:
        stage.happens("order.placed", ORDER)
        stage.tick(89 * DAY)
        stage.days(8)
        stage.happens("order.placed", {"order_id": "A-2", "total": 20})
        stage.days(30)
        assert stage.sent() == ["MMS miss"]
        assert stage.ends() == ["won_back"]


def test_consent_write_back(tmp_path: Path) -> None:
    with Stage(tmp_path, "consent-write-back") as stage:
        stage.texts("STOP")
        stage.texts("STOP")
        stage.texts("not a stop", BEN)
        with stage.app.database.reading() as db:
            ((request,),) = db.execute("SELECT request FROM webhook").fetchall()
        told = json.loads(request)
        assert told["url"] == "https://shop.example/leadoff/opt-outs"
        assert ADA in request
        assert "text stop" in request
        assert stage.ends() == ["waiting:tell"], "it is transactional: the STOP does not end it"
        consent.unsubscribe(stage.app.database, CY, "source store", stage.clock.now())
        stage.through()
        assert len(stage.runs()) == 1, "what the shop has said does not go back to it"


def test_birthday(tmp_path: Path) -> None:
    with Stage(tmp_path, "birthday") as stage:
        stage.contact(ADA, birthday="1990-04-03")
        stage.contact(BEN, birthday="1984-04-05")
        stage.at("2027-04-03 09:29")
        assert stage.runs() == []
        stage.at("2027-04-03 09:30")
        assert stage.sent() == ["MMS card"]
        stage.at("2027-04-05 09:30", "America/Chicago")
        stage.happens("order.placed", ORDER, BEN)
        stage.days(7)
        assert stage.sent() == ["MMS card", "MMS card", "SMS last"]
        assert stage.ends() == ["not_used", "gift_used"]
        stage.tick(350 * DAY)  # nothing is due in between
        stage.at("2028-04-03 09:30")
        assert len(stage.runs()) == 3, "next year again"


def test_flash_sale_campaign(tmp_path: Path) -> None:
    with Stage(tmp_path, "flash-sale-campaign") as stage:
        stage.at("2027-06-15 12:00")
        stage.happens("order.placed", ORDER, CY)
        stage.at("2027-06-18 10:00")
        assert [run.contact for run in stage.runs()] == [stage.known(ADA).id], "10:00 is not yet in Chicago"
        stage.at("2027-06-18 10:00", "America/Chicago")
        assert len(stage.runs()) == 2, "Cy has just bought"
        stage.click()
        stage.at("2027-06-18 18:00", "America/Chicago")
        first, second, *rest = stage.sent()
        assert {first, second} <= {"MMS plain", "MMS urgent"}
        assert rest == ["SMS last_call"]
        stage.at("2027-06-19 00:00", "America/Chicago")
        assert stage.ends() == ["no_purchase", "engaged"]


def test_holiday_campaign(tmp_path: Path) -> None:
    with Stage(tmp_path, "holiday-campaign") as stage:
        stage.at("2027-11-25 12:00")
        stage.happens("order.placed", ORDER, CY)
        stage.at("2027-11-26 10:00", "America/Chicago")
        assert stage.sent() == ["MMS opening"] * 2, "Cy has just bought"
        stage.at("2027-11-27 11:00", "America/Chicago")
        assert stage.sent()[2:] == ["SMS reminder"] * 2
        stage.click()
        stage.happens("order.placed", ORDER, ADA)
        stage.at("2027-11-30 00:00", "America/Chicago")
        assert stage.sent()[4:] == []
        assert set(stage.ends()) == {"converted", "engaged"}


def test_holiday_campaign_texts_again_who_did_nothing(tmp_path: Path) -> None:
    with Stage(tmp_path, "holiday-campaign") as stage:
        stage.at("2027-11-30 00:00", "America/Chicago")
        assert stage.sent() == ["MMS opening"] * 3 + ["SMS reminder"] * 3 + ["SMS last_call"] * 3
        assert stage.ends() == ["no_purchase"] * 3


def test_shipping_updates(tmp_path: Path) -> None:
    with Stage(tmp_path, "shipping-updates") as stage:
        stage.consent(ADA, "")  # never asked: it is no marketing
        for order in ("A-1", "A-2", "A-3"):
            stage.happens("order.shipped", {"order_id": order, "carrier": "UPS", "tracking_url": f"{PARCEL}{order}"})
        assert stage.leads_to() == f"{PARCEL}A-3"
        stage.happens("order.cancelled", {"order_id": "A-3"})
        stage.days(2)
        stage.happens("order.delivered", {"order_id": "A-1"})  # before its time: nothing is missed
        stage.happens("order.out_for_delivery", {"order_id": "A-1"})
        assert [text for row in stage.messages() if (text := row.text).startswith("My Shop: Order A-1")] == [
            stage.messages()[0].text, "My Shop: Order A-1 comes today",
            "My Shop: Order A-1 is delivered. Something not right? Just reply",
        ]  # fmt: skip
        stage.days(9)
        assert stage.ends() == ["delivered", "no_news", "cancelled"]


def test_double_opt_in(tmp_path: Path) -> None:
    with Stage(tmp_path, "double-opt-in") as stage:
        stage.happens("signup.requested", {"form": "footer"}, ZED)
        stage.through(HOUR)
        assert stage.consent_of(ZED) is None
        stage.texts("Yes please", ZED)
        assert stage.consent_of(ZED) == "subscribed"
        assert stage.sent() == ["SMS question", "SMS hello"]
        assert stage.ends() == ["confirmed"]


@pytest.mark.parametrize(("answer", "end"), [("who is this", "declined"), (None, "unconfirmed"), ("STOP", "declined")])
def test_double_opt_in_of_somebody_who_does_not_say_yes(tmp_path: Path, answer: str | None, end: str) -> None:
    with Stage(tmp_path, "double-opt-in") as stage:
        stage.happens("signup.requested", {"form": "footer"}, ZED)
        if answer:
            stage.through(MINUTE)
            stage.texts(answer, ZED)
        stage.days(2)
        assert stage.ends() == [end]
        assert stage.sent() == ["SMS question"]
        assert stage.consent_of(ZED) == ("unsubscribed" if answer == "STOP" else None)


def test_double_opt_in_of_somebody_who_opted_out_is_not_asked_and_a_yes_lifts_nothing(tmp_path: Path) -> None:
    with Stage(tmp_path, "double-opt-in") as stage:
        stage.texts("STOP", ADA)
        stage.happens("signup.requested", {"form": "footer"}, ADA)
        stage.through(HOUR)
        stage.texts("Yes please", ADA)
        stage.days(2)
        assert (stage.ends(), stage.sent("double-opt-in")) == (["not_asked"], [])
        assert stage.consent_of(ADA) == "unsubscribed"


def test_vip_early_access(tmp_path: Path) -> None:
    with Stage(tmp_path, "vip-early-access") as stage:
        stage.contact(ADA, tags=["vip"])
        stage.contact(BEN, tags=["vip"])
        stage.at("2027-09-15 12:00")
        stage.texts("early", CY)
        assert stage.refusals() != [] and stage.runs() == []
        stage.texts("early", BEN)
        stage.click()
        stage.at("2027-09-16 09:00")
        assert stage.sent() == ["MMS doors", "MMS doors"], "Ben is not asked twice"
        stage.at("2027-09-17 09:00")
        assert stage.sent()[2:] == ["SMS hours"]
        assert stage.ends() == ["engaged", "no_purchase"]
