"""Exports of shops and of other tools: what a row of each becomes, and that consent is only ever consent to texts."""

from __future__ import annotations

from functools import partial
from io import BytesIO
from typing import Any

import pytest

from engine.contacts.csv_layout import EXPORTS, Layout
from engine.contacts.csv_reader import ContactRow, Reject, read_contacts
from engine.errors import UsageError
from engine.language.values.fields import BUILT_IN_FIELDS, convert_named

ADA, BEN = "+12025550143", "+12125550107"

SHOPIFY = (
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Default Address Province Code,"
    "Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Note,Tags\n"
)
OMNISEND = "Email,Phone,First Name,Email opt-in date,SMS opt-in date,SMS opt-out date,Birthdate\n"
MAILCHIMP = (
    "Email Address,First Name,Phone Number,sms_phone_number,sms_subscription_status,sms_subscription_last_updated,"
    "OPTIN_TIME,TIMEZONE,CC,TAGS\n"
)
KLAVIYO = "Email,Klaviyo ID,First Name,Phone Number,Country,Email Marketing Consent,SMS Marketing Consent,SMS Marketing Consent Timestamp\n"


def read(export: str, text: str, *, country: str | None = None, **renames: str) -> tuple[list[Any], Layout]:
    layout = Layout({old.replace("_", " "): ours for old, ours in renames.items()}, export)
    stream = BytesIO(text.encode("utf-8-sig"))
    batches = read_contacts(
        stream, BUILT_IN_FIELDS, partial(convert_named, BUILT_IN_FIELDS), country=country, layout=layout
    )
    return [row for batch in batches for row in batch], layout


def one(export: str, text: str, country: str | None = None) -> ContactRow:
    (row,), _ = read(export, text, country=country)
    assert isinstance(row, ContactRow), row
    return row


def test_a_shopify_row_has_the_consent_of_its_own_number() -> None:
    row = one("shopify", SHOPIFY + f"'731,Ada,Lovelace,ada@acme.example,no,US,NY,,'{ADA},yes,99.50,,\"vip, press\"\n")
    assert (row.phone, row.key, row.consent, row.consent_at) == (ADA, "731", "subscribed", None)
    assert row.consent_source == "Shopify export"
    assert row.values == {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": "ada@acme.example",
        "state": "NY",
        "tags": ["press", "vip"],
    }


@pytest.mark.parametrize(
    ("cells", "consent"),
    [
        (f"no,US,NY,,{ADA},no", None),
        (f"yes,US,NY,,{ADA},", None),  # e-mail alone
        (f"yes,US,NY,{ADA},,yes", None),  # an address's number is of a recipient
        (f"yes,US,NY,{BEN},{ADA},yes", "subscribed"),
        ("no,US,NY,,(202) 555-0143,yes", "subscribed"),  # national, of the row's country
    ],
)
def test_shopify_consent_is_of_texts_and_of_that_number(cells: str, consent: str | None) -> None:
    row = one("shopify", SHOPIFY + f"731,Ada,,,{cells},0,,\n")
    assert (row.phone, row.consent) == (ADA, consent)


def test_rows_without_a_number_are_counted_and_are_no_fault() -> None:
    rows, layout = read("shopify", SHOPIFY + f"1,A,,a@acme.example,yes,US,,,,no,0,,\n2,B,,,no,US,,,{BEN},no,0,,\n")
    assert ([row.phone for row in rows], layout.phoneless) == ([BEN], 1)


@pytest.mark.parametrize(
    ("came", "went", "consent"),
    [
        ("2026-01-02T10:00:00Z", "", "subscribed"),
        ("", "", None),
        ("2026-01-02T10:00:00Z", "2026-03-01T10:00:00Z", "unsubscribed"),
        ("2026-05-02T10:00:00Z", "2026-03-01T10:00:00Z", "subscribed"),
        ("2026-05-02T10:00:00Z", "some day", "unsubscribed"),
        ("2026-05-02T10:00:00Z", "2026-05-02T10:00:00Z", "unsubscribed"),
    ],
)
def test_of_omnisends_two_dates_the_newer_one_holds(came: str, went: str, consent: str | None) -> None:
    row = one("omnisend", OMNISEND + f"a@acme.example,{ADA},Ada,2025-01-01T00:00:00Z,{came},{went},last May\n")
    assert (row.consent, row.values.get("birthday")) == (consent, None)
    assert (row.consent_at is None) == (consent is None or went == "some day")


@pytest.mark.parametrize(
    ("said", "consent"),
    [
        ("SUBSCRIBED", "subscribed"),
        ("UNSUBSCRIBED", "unsubscribed"),
        ("NEVER_SUBSCRIBED", None),
        ("", None),
        ("maybe", None),
    ],
)
def test_klaviyo_says_it_in_words(said: str, consent: str | None) -> None:
    row = one(
        "klaviyo", KLAVIYO + f"a@acme.example,01AB,Ada,{ADA},United States,SUBSCRIBED,{said},2026-01-02 10:00:00\n"
    )
    assert (row.consent, row.key, row.consent_at) == (consent, "01AB", 1_767_348_000_000)


@pytest.mark.parametrize(("channels", "consent"), [('"[""email"", ""sms""]"', "subscribed"), ('"[""email""]"', None)])
def test_klaviyos_older_list_of_channels(channels: str, consent: str | None) -> None:
    assert one("klaviyo", f"Email,Phone Number,$consent\na@acme.example,{ADA},{channels}\n").consent == consent


@pytest.mark.parametrize(
    ("cells", "consent", "at"),
    [
        (f",{ADA},subscribed,2026-01-02T10:00:00+00:00", "subscribed", 1_767_348_000_000),
        (f",{ADA},unsubscribed,2026-01-02T10:00:00+00:00", "unsubscribed", 1_767_348_000_000),
        (f",{ADA},pending,2026-01-02T10:00:00+00:00", None, 1_767_348_000_000),
        (f"{ADA},,subscribed,", None, None),  # of another number, which it does not name
    ],
)
def test_mailchimps_times_are_of_mail(cells: str, consent: str | None, at: int | None) -> None:
    row = one("mailchimp", MAILCHIMP + f'a@acme.example,Ada,{cells},2024-01-01 00:00:00,America/Chicago,US,"""vip"""\n')
    assert (row.phone, row.consent, row.values["timezone"], row.values["tags"]) == (
        ADA,
        consent,
        "America/Chicago",
        ["vip"],
    )
    assert row.consent_at == at


@pytest.mark.parametrize(
    "text",
    [
        "customer_id,user_email,first_name,billing_phone,billing_country\n7,a@acme.example,Ada,(202) 555-0143,US\n",
        f"ID,Email (Billing),First Name (Billing),Phone (Billing),Country Code (Billing)\n7,a@acme.example,Ada,{ADA},US\n",
        f"Customer ID,Billing Email,Billing First Name,Billing Phone,Billing Country\n7,a@acme.example,Ada,{ADA},US\n",
    ],
)
def test_woocommerce_plugins_call_the_columns_in_three_ways(text: str) -> None:
    row = one("woocommerce", text)
    assert (row.key, row.phone, row.consent) == ("7", ADA, None)
    assert row.values == {"first_name": "Ada", "email": "a@acme.example"}


def test_a_column_may_be_named_beside_an_export() -> None:
    rows, _ = read("shopify", SHOPIFY + f"1,A,,,no,US,,,{ADA},yes,12,blue,\n", Note="first_name")
    assert rows[0].values["first_name"] == "blue"


@pytest.mark.parametrize("export", EXPORTS)
def test_a_file_of_another_kind_is_refused_before_its_first_row(export: str) -> None:
    for header in (
        "name,mail",
        "phone,email,consent,first_name",
    ):  # the second is Leadoff's own: its consent would be lost
        with pytest.raises(UsageError, match=f"no {export} export: it has none of the columns") as refused:
            read(export, f"{header}\n{ADA},a@acme.example\n")
        assert "needs no --from" in (refused.value.help or "")


def test_an_export_without_the_number_is_refused_and_may_name_it() -> None:
    with pytest.raises(UsageError, match='this klaviyo export has no column "Phone Number" or "Phone"') as refused:
        read("klaviyo", "Klaviyo ID,Cell\n1,\n")
    assert "--map" in (refused.value.help or "")
    rows, _ = read("klaviyo", f"Klaviyo ID,Cell\n1,{ADA}\n", Cell="phone")
    assert rows[0].phone == ADA


@pytest.mark.parametrize(
    ("export", "header", "left_out"),
    [
        ("shopify", SHOPIFY, ["Accepts Email Marketing", "Total Spent", "Note"]),
        ("omnisend", OMNISEND, ["Email opt-in date"]),
        ("mailchimp", MAILCHIMP, ["OPTIN_TIME"]),
        ("klaviyo", KLAVIYO, ["Email Marketing Consent"]),
        ("woocommerce", "Customer ID,Billing Phone,Billing City\n", ["Billing City"]),
    ],
)
def test_columns_that_an_export_does_not_use_are_named(export: str, header: str, left_out: list[str]) -> None:
    assert read(export, header)[1].left_out == left_out


def test_a_number_that_is_none_is_refused_with_its_line() -> None:
    rows, _ = read("klaviyo", "Klaviyo ID,Phone Number\n1,12\n")
    assert isinstance(rows[0], Reject) and (rows[0].line, rows[0].column) == (2, "phone")
