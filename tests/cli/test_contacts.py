"""Contacts and events from the command line: taken, refused, and never half."""

from __future__ import annotations

import pytest

from engine.app import App
from engine.store import notices
from tests.cli.conftest import Terminal

ADA, BEN, CY = "+12025550143", "+12125550107", "+13035550188"
VIP = '{"list": "vip"}'


def consent(terminal: Terminal, phone: str) -> str | None:
    found: str | None = terminal.well("contacts", "show", phone, "--format", "json").json["contact"]["consent"]
    return found


def test_an_import_tells_its_counts_and_a_second_one_changes_nothing(applied_shop: Terminal) -> None:
    assert (
        applied_shop.well("contacts", "import", "contacts.csv").out == "69 imported (69 new, 0 changed, 0 unchanged)\n"
    )
    assert (
        applied_shop.well("contacts", "import", "contacts.csv").out == "69 imported (0 new, 0 changed, 69 unchanged)\n"
    )
    assert not (applied_shop.folder / "contacts.errors.csv").exists()


def test_bad_rows_go_to_the_errors_file_and_the_others_are_taken(applied_shop: Terminal) -> None:
    (applied_shop.folder / "new.csv").write_text(
        f"phone,key,orders\n{ADA},ada,3\n12,bad,1\n{ADA},other,1\n{BEN},ben,many\n"
    )
    said = applied_shop("contacts", "import", "new.csv")
    assert said.code == 1
    assert said.out == "1 imported (1 new, 0 changed, 0 unchanged), 3 rejected → new.errors.csv\n"
    lines = (applied_shop.folder / "new.errors.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[:2] for line in lines] == [
        ["line", "column"],
        ["3", "phone"],
        ["4", "phone"],
        ["5", "orders"],
    ]


def test_an_unknown_column_is_refused_before_the_first_row(applied_shop: Terminal) -> None:
    (applied_shop.folder / "new.csv").write_text(f"phone,frist_name\n{ADA},Ada\n")
    said = applied_shop("contacts", "import", "new.csv")
    assert said.code == 2
    assert "first_name" in said.err
    assert applied_shop.well("contacts", "list", "--format", "json").json == {"contacts": []}


def test_an_import_never_writes_over_its_own_file(shop: Terminal) -> None:
    before = (shop.folder / "contacts.csv").read_bytes()
    assert shop("contacts", "import", "contacts.csv", "--errors", "./contacts.csv").code == 2
    assert (shop.folder / "contacts.csv").read_bytes() == before


def test_files_that_cannot_be_opened_are_named(applied_shop: Terminal) -> None:
    absent = applied_shop("contacts", "import", "absent.csv")
    assert (absent.code, absent.out) == (2, "")
    assert "absent.csv" in absent.err
    (applied_shop.folder / "new.csv").write_text("phone\n12\n")
    unwritable = applied_shop("contacts", "import", "new.csv", "--errors", "nowhere/errors.csv")
    assert unwritable.code == 2
    assert "nowhere/errors.csv" in unwritable.err


def test_an_opt_out_outlives_imports_and_a_person_lifts_it(open_shop: Terminal) -> None:
    open_shop.well("contacts", "unsubscribe", ADA, "--source", "phone call")
    open_shop.well("contacts", "import", "contacts.csv")
    assert consent(open_shop, ADA) == "unsubscribed"
    open_shop.well("contacts", "subscribe", ADA, "--source", "signed again")
    assert consent(open_shop, ADA) == "subscribed"
    log = open_shop.well("contacts", "show", ADA, "--format", "json").json["contact"]["consent_log"]
    assert [line["source"] for line in log] == ["website form", "phone call", "signed again"]


def test_an_opt_out_cancels_what_waits_and_ends_the_run(open_shop: Terminal) -> None:
    open_shop.well("event", "list.joined", "--contact", ADA, "--data", VIP)
    open_shop.tick()
    open_shop.well("contacts", "unsubscribe", ADA, "--source", "phone call")
    open_shop.tick()
    (message,) = open_shop.well("messages", "--format", "json").json["messages"]
    assert (message["status"], message["reason"]) == ("cancelled", "opted out")
    (run,) = open_shop.well("runs", "--format", "json").json["runs"]
    assert run["status"] == "exited"


def test_consent_belongs_to_the_number_known_or_not(open_shop: Terminal) -> None:
    assert open_shop("contacts", "unsubscribe", "+12065550188", "--source", "letter").code == 0
    assert open_shop("contacts", "unsubscribe", "+1206", "--source", "letter").code == 1
    assert open_shop("contacts", "unsubscribe", "nobody", "--source", "letter").code == 1
    assert open_shop("contacts", "subscribe", ADA, "--source", " ").code == 2
    assert open_shop("contacts", "subscribe", ADA).code == 2


def test_contacts_list_as_people_and_scripts_want_it(open_shop: Terminal) -> None:
    rows = open_shop.well("contacts", "list", "--format", "json", "--limit", "2").json["contacts"]
    assert [row["key"] for row in rows] == [ADA, BEN]
    assert rows[0]["fields"]["first_name"] == "Ada"
    assert rows[0]["created_at"].endswith("Z")
    text = open_shop.well("contacts", "list").out
    assert "Ada Okafor" in text
    assert "\x1b" not in text


def test_an_event_is_taken_once_by_its_id(open_shop: Terminal) -> None:
    words = ("event", "list.joined", "--contact", ADA, "--id", "join-1", "--data")
    assert open_shop.well(*words, VIP).out == "accepted\n"
    assert open_shop.well(*words, VIP).out == "duplicate\n"
    said = open_shop(*words, '{"list": "other"}')
    assert (said.code, said.out) == (1, "")
    assert "conflict" in said.err


NO_EVENTS = [
    (("list.joind", "--contact", ADA), 1),
    (("list.joined", "--contact", "+1202"), 1),
    (("list.joined", "--contact", "nobody"), 1),
    (("list.joined", "--contact", ""), 1),
    (("list.joined", "--contact", ADA, "--id", ""), 1),
    (("list.joined", "--contact", ADA, "--data", '{"list": {"a": 1}}'), 1),
    (("list.joined", "--contact", ADA, "--data", '{"colour": "red"}'), 1),
    (("list.joined", "--contact", ADA, "--data", "{bad"), 2),
    (("list.joined", "--contact", ADA, "--data", "[1]"), 2),
    (("list.joined", "--contact", ADA, "--data", '{"list": NaN}'), 2),
    (("list.joined", "--contact", ADA, "--data", "[" * 10_000), 2),
    (("list.joined", "--contact", ADA, "--at", "yesterday"), 2),
    (("list.joined", "--contact", ADA, "--at", "2026-01-01T00:00:00"), 2),
    (("list.joined",), 2),
]


def test_what_an_event_may_not_be(open_shop: Terminal) -> None:
    for words, code in NO_EVENTS:
        said = open_shop("event", *words)
        assert (said.code, said.out) == (code, ""), (words, said)
        assert "error: " in said.err, words
    open_shop.tick()
    assert open_shop.well("runs", "--format", "json").json == {"runs": []}


def test_nothing_can_happen_before_something_is_applied(shop: Terminal) -> None:
    said = shop("event", "list.joined", "--contact", ADA)
    assert said.code == 1
    assert "leadoff apply" in said.err


def test_only_flows_with_a_manual_trigger_are_started_by_hand(open_shop: Terminal) -> None:
    assert open_shop("start", "spring-drop", "--contact", ADA).code == 1
    assert 'did you mean "spring-drop"' in open_shop("start", "spring-dorp", "--contact", ADA).err
    hello = (
        'flow: hello\nlanguage: 1\ntrigger: manual\nsteps:\n  - id: hi\n    sms: "Acme: Hi. Reply STOP to opt out"\n'
    )
    (open_shop.folder / "flows/hello.yaml").write_text(hello)
    open_shop.well("apply", "--yes")
    assert open_shop.well("start", "hello", "--contact", ADA).out == "accepted\n"
    open_shop.tick()
    (message,) = open_shop.well("messages", "--flow", "hello", "--format", "json").json["messages"]
    assert (message["step"], message["kind"]) == ("hi", "sms")


def test_national_numbers_are_taken_with_their_country_and_what_says_nothing_is_told(applied_shop: Terminal) -> None:
    rows = "Phone\tConsent\tTimezone\n(202) 555-0143\tyes\tEST\n212-555-0107\tno\tUTC\n"
    (applied_shop.folder / "new.csv").write_text(rows, encoding="utf-16")
    assert applied_shop("contacts", "import", "new.csv").code == 1
    assert "--country US accepts national numbers" in (applied_shop.folder / "new.errors.csv").read_text()
    said = applied_shop.well("contacts", "import", "new.csv", "--country", "us")
    assert said.out.startswith("2 imported (2 new") and "is not a place" in said.err
    assert (consent(applied_shop, ADA), consent(applied_shop, BEN)) == ("subscribed", None)
    (applied_shop.folder / "new.csv").write_text(f"phone,consent\n{ADA},no\n")
    assert "1 row without consent" in applied_shop.well("contacts", "import", "new.csv").err
    assert applied_shop("contacts", "import", "new.csv", "--country", "America").code == 2


def test_the_doctor_counts_keys_that_read_as_another_number(applied_shop: Terminal) -> None:
    with App(applied_shop.folder) as app:
        app.database.write(
            lambda db: notices.add(db, notices.KEY, f"key:{ADA}", None, 0, f"its key {ADA} read as another's")
        )
    assert "1 contact had a key that read as another's number" in applied_shop("doctor").out


def test_every_row_is_counted_and_the_commonest_reason_is_on_the_terminal(applied_shop: Terminal) -> None:
    odd = "2125550108,yes,\n2125550109,yes,\n2.02555E+09,yes,\n+12025550144,mabye,\n"
    rows = f"{ADA},yes,\n{ADA},unsubscribed,\n{BEN},yes,\n{BEN},yes,\n{odd}"
    (applied_shop.folder / "messy.csv").write_text(f"phone,consent,timezone\n{rows}+12025550145,yes,America/Nowhere\n")
    said = applied_shop("contacts", "import", "messy.csv")
    assert said.out == "2 imported (2 new, 0 changed, 0 unchanged), 5 rejected → messy.errors.csv\n"
    assert "2 rows of a contact that is already in the file above" in said.err
    assert "1 row gives consent to a number that has opted out" in said.err
    assert "2 rows: " in said.err and "--country US" in said.err
    assert "1 row: other reasons" in said.err
    errors = (applied_shop.folder / "messy.errors.csv").read_text()
    assert "a spreadsheet has rounded this number" in errors
    assert ",consent,mabye," in errors and ",timezone,America/Nowhere," in errors
    assert (
        "messy.errors.csv" not in applied_shop("contacts", "import", "--help").out
        and "FILE.errors" not in applied_shop("contacts", "import", "--help").out
    )


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_what_others_call_a_phone_is_named(applied_shop: Terminal) -> None:
    for header in ("mobile", "Cell", "telephone", "Phone Number"):
        (applied_shop.folder / "new.csv").write_text(f"{header}\n{ADA}\n")
        for more in ((), ("--suppress", "--source", "list")):
            said = applied_shop("contacts", "import", "new.csv", *more)
            assert said.code == 2, (header, more)
            assert ('did you mean "phone"?' if not more else f'call "{header}" phone') in said.err, (header, more)


SHOPIFY = f"""\
Customer ID,First Name,Email,Phone,Accepts SMS Marketing,Default Address Phone,Total Spent
1,Ada,ada@acme.example,'{ADA},yes,,10.00
2,Ben,ben@acme.example,'{BEN},yes,,20.00
3,Cy,cy@acme.example,,yes,,30.00
"""
EVERYBODY = "segment: everybody\nwhen: {contact: {country: US}}\n"
REGULARS = """\
flow: regulars
language: 1
category: marketing
trigger: [{segment: everybody}, {event: contact.subscribed}]
steps: [{id: hi, sms: Hello}]
"""


def test_an_export_of_a_shop_comes_quietly_and_lifts_no_opt_out(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shop.folder / "flows/regulars.yaml").write_text(REGULARS)
    (shop.folder / "segments").mkdir()
    (shop.folder / "segments/everybody.yaml").write_text(EVERYBODY)
    shop.well("apply", "--yes")
    shop.tick()
    shop.well("contacts", "unsubscribe", BEN, "--source", "phone call")
    (shop.folder / "export.csv").write_text(SHOPIFY)
    said = shop.well("contacts", "import", "export.csv", "--from", "shopify", "--quietly")
    assert said.out == "2 imported (2 new, 0 changed, 0 unchanged)\n"
    assert "1 row without a phone number: left out" in said.err
    assert "1 row gives consent to a number that has opted out: the opt-out stays" in said.err
    assert (consent(shop, ADA), consent(shop, BEN)) == ("subscribed", "unsubscribed")
    shop.tick()
    assert shop.well("runs", "--flow", "regulars", "--format", "json").json == {"runs": []}
    (shop.folder / "piped.csv").write_text(f"Tel,Ok,x\n{CY},yes,1\n")
    with (shop.folder / "piped.csv").open() as piped:
        monkeypatch.setattr("sys.stdin", piped)
        said = shop.well("contacts", "import", "-", "--map", "Tel=phone", "--map", "Ok=consent", "--ignore-unknown")
    assert "1 column left out: x" in said.err
    shop.tick()
    (run,) = shop.well("runs", "--flow", "regulars", "--format", "json").json["runs"]
    assert run["contact"] == CY, "without --quietly somebody enters"


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_what_an_import_cannot_do_says_why(applied_shop: Terminal) -> None:
    (applied_shop.folder / "export.csv").write_text(SHOPIFY)
    for words, said in (
        (("--from", "shoppify"), 'did you mean "shopify"?'),
        (("--map", "Phone"), '--map "Phone Number=phone"'),
        (("--map", "Nothing=phone"), 'has no column "Nothing"'),
        (("--map", "Phone=fone"), 'did you mean "phone"?'),
        (("--suppress", "--source", "x", "--quietly"), "reads the column phone alone"),
    ):
        done = applied_shop("contacts", "import", "export.csv", *words)
        assert (done.code, said in done.err) == (2, True), (words, done)


def test_contacts_are_found_by_what_somebody_remembers_of_them(applied_shop: Terminal) -> None:
    (applied_shop.folder / "new.csv").write_text(
        f"phone,key,first_name,last_name,email\n{ADA},ada,Ada,Lovelace,ada@acme.example\n{BEN},b-7,Ben,Ada,b@acme.example\n"
    )
    applied_shop.well("contacts", "import", "new.csv")

    def keys(words: str, *more: str) -> list[str]:
        found = applied_shop.well("contacts", "list", "--search", words, "--format", "json", *more).json["contacts"]
        return [each["key"] for each in found]

    assert keys("lovelace") == ["ada"]
    assert keys("ada") == ["ada", "b-7"]
    assert keys("ada", "--limit", "1") == ["ada"]
    assert keys("555 0107") == keys("b-7") == keys("B@ACME") == ["b-7"]
    assert "no contact has 'nobody%'" in applied_shop.well("contacts", "list", "--search", "nobody%").err
    assert applied_shop("contacts", "list", "--search", " ").code == 2
