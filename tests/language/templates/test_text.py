"""Texts: what a contact reads, and what an author is told."""

from __future__ import annotations

import re
import timeit
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from engine.language.templates.filters import cleaned, unlinked
from engine.language.templates.text import LinkUsed, MissingValue, Shown, Text
from engine.messaging.smart_encoding import smart
from tests.language.contexts import context, mistakes

HERO = "Hi {{ contact.first_name | default('there') }}, look: {{ link('shop') }}"


def said(source: str, contact: dict[str, Any] | None = None, event: dict[str, Any] | None = None) -> str:
    return Text(source).render(context(contact, event))


def test_a_text_greets_by_name_and_carries_a_tracked_link() -> None:
    asked = context({"first_name": "Ada"})
    text = Text(HERO).render(asked)
    [use] = asked.links
    assert text == f"Hi Ada, look: https://sms.acme.example/l/{use.code}"
    assert (use.name, use.url) == ("shop", "https://acme.example/spring")


def test_a_text_is_written_in_its_language() -> None:
    rows = [{"title": "Abrigo"}, {"title": "Botas"}, {"title": "Gorra"}, {}]
    event = {"items": rows, "since": "2027-08-28", "total": 1234.5}
    source = "{{ event.items | names(2) }}; {{ event.since | date }}, {{ event.since | date('%a %e %b') }}; {{ event.total | money }}"
    shown = {}
    for language in (None, "en", "es-MX", "fr", "de"):
        asked = context(None, event)
        asked.begin_message(language)
        shown[language] = Text(source).render(asked)
    english = "Abrigo, Botas and 2 more; August 28, 2027, Sat 28 Aug; 1,234.50"
    assert shown == {
        None: english,
        "en": english,
        "de": english,
        "es-MX": "Abrigo, Botas y otros 2; 28 de agosto de 2027, sáb 28 ago; 1,234.50",
        "fr": "Abrigo, Botas et 2 autres; 28 août 2027, sam. 28 août; 1 234,50",
    }


def test_a_text_says_what_it_shows_and_where() -> None:
    text = Text("{{ contact.first_name }} {{ event.total | default(0) | money }} {{link( 'shop' )}}")
    assert text.paths == (Shown("contact.first_name", False, 3), Shown("event.total", True, 28))
    assert text.links == (LinkUsed("shop", text.source.index("shop")),)


@pytest.mark.parametrize(
    "missing", [{}, {"first_name": None}, {"first_name": ""}, {"first_name": " \u200e\n"}, {"first_name": {}}]
)
def test_a_default_stands_for_what_is_missing_or_empty(missing: dict[str, Any]) -> None:
    assert said("Hi {{ contact.first_name | default('there') }}!", missing) == "Hi there!"
    assert said("Hi {{ contact.first_name | default('') }}", missing) == "Hi"
    assert said("Hi {{ contact.first_name | upper | default('you') | title }}", missing) == "Hi You"
    for source in ("Hi {{ contact.first_name }}", "Hi {{ contact.first_name | upper }}"):
        with pytest.raises(MissingValue) as raised:
            said(source, missing)
        assert raised.value.path == "contact.first_name"


def test_zero_and_false_are_not_missing() -> None:
    assert said("{{ event.n | default('x') }} {{ event.b | default('x') }}", event={"n": 0, "b": False}) == "0 false"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        (3.0, "3"),
        (49.5, "49.5"),
        (1e-7, "0.0000001"),
        (123456789012, "123456789012"),
        (True, "true"),
        (["vip", "", "gold"], "vip, gold"),
        ("  Ada ", "Ada"),
    ],
)
def test_values_are_shown_plainly(value: object, shown: str) -> None:
    assert said("{{ event.x }}", event={"x": value}) == shown


@pytest.mark.parametrize("value", [1e300, float("nan"), float("inf"), 10**400, {"a": 1}, [], [[]]])
def test_what_cannot_be_shown_counts_as_missing(value: object) -> None:
    assert said("{{ event.x | default('?') }}", event={"x": value}) == "?"


def test_deeper_values_have_dotted_names() -> None:
    event = {"ship": {"city": "Oslo"}}
    assert said("{{ event.ship.city }}", event=event) == "Oslo"
    assert said("{{ event.ship.city.name | default('-') }}", event=event) == "-"
    assert said("{{ event.none.city | default('-') }}", event=event) == "-"


ITEMS = [
    {"title": "Spring coat", "price": 129.5},
    {"name": "Sneakers"},
    {"price": 3},
    {"title": " Hat\u202e"},
    {"title": "", "sku": "A"},
]


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ event.items | count }}", "5"),
        ("{{ event.none | count }}", "0"),
        ("{{ event.items | names(1) }}", "Spring coat and 4 more"),
        ("{{ event.items | names(2) }}", "Spring coat, Sneakers and 3 more"),
        ("{{ event.items | names(50) | upper }}", "SPRING COAT, SNEAKERS, HAT AND 2 MORE"),
        ("{{ event.one | names(2) }}", "Spring coat"),
        ("{{ event.two | names(2) }}", "Spring coat and Sneakers"),
        ("{{ event.none | names(2) | default('your cart') }}", "your cart"),
        ("{{ event.nameless | names(2) | default('your cart') }}", "your cart"),
        ("{{ event.gone | names(2) | default('your cart') }}", "your cart"),
        ("{{ event.gone | count | default('no') }}", "no"),
        ("{{ event.items[0].title }}", "Spring coat"),
        ("{{ event.items[0].price | money }}", "129.50"),
        ("{{ event.items[5].title | default('it') }}", "it"),
        ("{{ event.items[1].title | default('it') }}", "it"),
        ("{{ contact.tags | names(1) }}, {{ contact.tags | count }}", "vip and 1 more, 2"),
        ("{{ contact.city | count | default('none') }}", "none"),
    ],
)
def test_a_list_shows_its_count_its_names_and_the_fields_of_a_row(source: str, shown: str) -> None:
    event = {"items": ITEMS, "none": [], "one": ITEMS[:1], "two": ITEMS[:2], "nameless": [{"price": 3}]}
    assert said(source, {"tags": ["vip", "gold"], "city": "Oslo"}, event) == shown


@pytest.mark.parametrize(
    "source", ["event.none | names(2)", "event.items[7].title", "event.items", "event.items[0].none"]
)
def test_what_a_list_does_not_have_is_missing(source: str) -> None:
    with pytest.raises(MissingValue):
        said(f"{{{{ {source} }}}}", {}, {"items": ITEMS, "none": []})


def test_a_contacts_values_are_data() -> None:
    name = "{{ first_name }}%s{% raw %}"
    assert said("Hi {{ contact.first_name }} 100% %s", {"first_name": name}) == f"Hi {name} 100% %s"
    hidden = "A\u202ed\u0000a\u2066\r\nLo\u061cvelace\ud800"
    assert said("Hi {{ contact.first_name }}", {"first_name": hidden}) == "Hi Ada Lovelace"


FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("A\u200bd\u2060a\ufeff \u00adB\u200c", "Ada B"),
        ("A\u200dda\u200d", "Ada"),
        (f"{FAMILY} Ada", f"{FAMILY} Ada"),
        (f"{FAMILY}\u200d", FAMILY),
        ("\u0915\u094d\u200d\u0937", "\u0915\u094d\u200d\u0937"),  # a half form of Devanagari
        (f"Ada {WALES}", f"Ada {WALES}"),
        ("Ada\U000e0068\U000e0069\U000e007f", "Ada"),
        ("\U0001f3f4\U000e0068\U000e0069", "\U0001f3f4"),
    ],
)
def test_what_nobody_sees_is_taken_out_where_it_joins_nothing(value: str, shown: str) -> None:
    for root in ("contact", "event"):
        assert said(f"{{{{ {root}.name }}}}", {"name": value}, {"name": value}) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://evil.example", "http: //evil. example"),
        ("www.evil.example/now", "www. evil. example/now"),
        ("HTTPS://1249763844", "HTTPS: //1249763844"),
        ("12.34.56.78/x", "12. 34.56.78/x"),
        ("evil.xn--p1ai", "evil. xn--p1ai"),
        ("\u0437\u043b\u043e.\u0440\u0444", "\u0437\u043b\u043e. \u0440\u0444"),
        ("evil.\u200bc\u200dom", "evil. com"),
        ("evil\uff0ecom", "evil\uff0e com"),  # smart encoding would make a dot of it
        ("http\ua789\u2044\u2044evil", "http\ua789 \u2044\u2044evil"),
        ("claim@evil.example", "claim@evil. example"),
        ("Dr.Smith", "Dr. Smith"),
    ],
)
def test_a_contacts_value_becomes_no_link(value: str, shown: str) -> None:
    contact = {"first_name": value, "tags": [value]}
    assert said("{{ contact.first_name }}", contact) == shown
    assert said("{{ contact.first_name | default('you') }}", contact) == shown
    assert said("{{ contact.first_name | truncate(99) }}", contact) == shown
    assert said("{{ contact.tags }} {{ contact.tags | truncate(99) }}", contact) == f"{shown} {shown}"
    assert said("{{ contact.first_name | upper }}", contact) == shown.upper()


@pytest.mark.parametrize("name", ["J.R.R. Tolkien", "Ph.D.", "Ada, 7.5", "12.04.2027", "12:30", "+1 (202) 555-0143"])
def test_ordinary_values_stay_as_they_are(name: str) -> None:
    assert said("{{ contact.first_name }}", {"first_name": name}) == name


def test_an_address_in_an_email_field_stays_and_nothing_else_there() -> None:
    assert said("{{ contact.email }}", {"email": "ada.b@acme.example"}) == "ada.b@acme.example"
    assert said("{{ contact.work_email | lower }}", {"work_email": "Ada@acme.example"}) == "ada@acme.example"
    assert said("{{ contact.email }}", {"email": "evil.example"}) == "evil. example"


def test_events_and_the_author_may_bring_links() -> None:
    url = "https://acme.example/o/1"
    assert said("{{ event.url }} {{ event.url | truncate(99) }}", event={"url": url}) == f"{url} {url}"
    assert said("{{ contact.site | default('acme.example') }} acme.example") == "acme.example acme.example"


def test_where_a_machine_reads_it_a_value_stays_what_it_is() -> None:
    text = Text("{{ contact.site }}", for_people=False)
    assert text.render(context({"site": "http://ada.example"})) == "http://ada.example"


@pytest.mark.parametrize("value", ["１.２.３.４", "１９２.１６８.０.１", "1．2．3．4", "evil．com", "x１.com"])
def test_no_address_comes_of_full_width_characters_once_they_are_encoded(value: str) -> None:
    assert not re.search(r"[0-9]+(\.[0-9]+){3}|\.[a-z]{2}", smart(unlinked(value)))


@given(st.text(st.sampled_from("ab.:/ 1\u3002\u200b\u200d\uff0f\u0440")))
def test_what_is_unlinked_has_no_domain_even_when_it_is_encoded_smartly(value: str) -> None:
    assert not re.search(r"[.:](?=/|[^\W\d_]{2})", smart(unlinked(value)))
    assert unlinked(unlinked(value)) == unlinked(value)


@given(st.text())
def test_no_value_brings_a_control_or_bidi_character(value: str) -> None:
    shown = cleaned(value)
    assert not any(ord(each) < 32 or each in "\x7f\u061c\u200e\u200f\u2028\u2029\u202e\u2066" for each in shown)
    assert cleaned(shown) == shown


def test_texts_are_trimmed_and_nfc() -> None:
    assert said("\n  Cafe\u0301 {{ contact.first_name }}\u0301 \n", {"first_name": "e"}) == "Caf\u00e9 \u00e9"
    assert said("Cafe\u0301\n") == "Caf\u00e9"
    assert said("two\nlines\n") == "two\nlines"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ event.name | upper }}", "ADA O'NEIL-BYRON"),
        ("{{ event.name | lower }}", "ada o'neil-byron"),
        ("{{ event.name | lower | title }}", "Ada O'neil-Byron"),
        ("{{ event.name | truncate(6) }}", "Ada..."),
        ("{{ event.name | truncate(2) }}", "Ad"),
        ("{{ event.name | truncate(100) }}", "Ada O'Neil-Byron"),
        ("${{ event.total | money }}", "$1,234.50"),
        ("{{ event.text_total | money }}", "12.00"),
        ("{{ event.name | money | default('free') }}", "free"),
        ("{{ event.huge | money | default('free') }}", "free"),
        ("{{ event.day | date }}", "April 2, 2027"),
        ("{{ event.day | date('%a %e %b') }}", "Fri 2 Apr"),
        ("{{ event.at | date('%Y-%m-%d %H:%M, %I %p %%') }}", "2027-04-01 20:30, 8 pm %"),
        ("{{ event.name | date | default('soon') }}", "soon"),
        ("{{ '{{' }} {{ \"it's\" | upper }}", "{{ IT'S"),
    ],
)
def test_filters(source: str, shown: str) -> None:
    event = {
        "name": "Ada O'Neil-Byron",
        "total": 1234.5,
        "text_total": "12",
        "huge": "9" * 5000,
        "day": "2027-04-02",
        "at": "2027-04-02T00:30:00Z",  # still the evening before, where the contact lives
    }
    assert said(source, event=event) == shown


@pytest.mark.parametrize(
    ("source", "code", "place", "way_out"),
    [
        ("Hi {% if x %}", "LO401", "{%", "`if` step"),
        ("{% raw %}x{% endraw %}", "LO401", "{%", "`if` step"),
        ("Hi {# note #}", "LO401", "{#", "YAML comment"),
        ("Hi {{ contact.x", "LO401", "{{", 'close it with "}}"'),
        ("Hi {{ contact.x }", "LO401", "}", "write a value like {{ contact"),
        ("{{ contact.x | default('a }}", "LO401", "'a }}", "write a value like {{ contact"),
        ("{{ contact.x ? 1 }}", "LO401", "?", "write a value like {{ contact"),
        ("a {{ }}", "LO401", "}}", "name a field"),
        ("a {{- contact.x }}", "LO401", "{{-", "without `-` or `+`"),
        ("a {{ contact.x -}}", "LO401", "-}}", "without `-` or `+`"),
        ("{{ contact.x contact.y }}", "LO401", "contact.y", "fields and links"),
        ("{{ contact.x | }}", "LO401", "}}", "fields and links"),
        ("{{ contact.x + 1 }}", "LO401", "+", "`if` step"),
        ("{{ contact['x'] }}", "LO401", "[", "`if` step"),
        ("{{ contact.x if contact.y }}", "LO401", "contact.x", "`if` step"),
        ("{{ not contact.x }}", "LO401", "not", "`if` step"),
        ("{{ contact.x is defined }}", "LO401", "is", "`if` step"),
        ("{{ 5 }}", "LO401", "5", "`if` step"),
        ("{{ 'a\\n' }}", "LO401", "'a", "other kind of quotes"),
        ("{{ contact.x | uper }}", "LO402", "uper", 'did you mean "upper"?'),
        ("{{ contact.x | safe }}", "LO402", "safe", "one of: default"),
        ("{{ contact.x | upper(1) }}", "LO402", "upper", "write | upper"),
        ("{{ contact.x | default }}", "LO402", "default", 'default("there")'),
        ("{{ contact.x | default('a', true) }}", "LO402", "default", 'default("there")'),
        ("{{ contact.x | default(friend) }}", "LO402", "friend", "in quotes"),
        ("{{ contact.x | truncate }}", "LO402", "truncate", "truncate(20)"),
        ("{{ contact.x | truncate(0) }}", "LO402", "truncate", "truncate(20)"),
        ("{{ contact.x | date('%Q') }}", "LO402", "date", "the parts are"),
        ("{{ contact.x | date(1) }}", "LO402", "date", "date("),
        ("{{ contact.x.upper() }}", "LO402", "contact", "after a bar"),
        ("{{ lnik('shop') }}", "LO402", "lnik", 'did you mean "link"?'),
        ("{{ link(shop) }}", "LO402", "shop", "in quotes"),
        ("{{ link() }}", "LO402", "link", 'link("shop")'),
        ("{{ link }}", "LO402", "link", 'link("shop")'),
        ("{{ link('shop') | upper }}", "LO402", "upper", "alone"),
        ("{{ link('shop').x }}", "LO401", "link", "alone"),
        ("{{ short('shop') }}", "LO236", "'shop'", "https://"),
        ("{{ short('ftp://x.example') }}", "LO236", "'ftp:", "https://"),
        ("{{ short('//x.example') }}", "LO236", "'//x", "https://"),
        ("{{ short(contact.url | upper) }}", "LO402", "upper", "only a default"),
        ("{{ short(contact.url | default('shop')) }}", "LO236", "'shop'", "https://"),
        ("{{ short(contact.url | default(3)) }}", "LO402", "default", "https://"),
        ("{{ short(contact.url, event.url) }}", "LO402", "contact", "in quotes"),
        ("{{ short(url) }}", "LO403", "url", 'did you mean "contact.url"?'),
        ("{{ short(event.url) | upper }}", "LO402", "upper", "alone"),
        ("{{ short() }}", "LO402", "short", "short("),
        ("{{ short }}", "LO402", "short", "short("),
        ("{{ shrot('https://x.example') }}", "LO402", "shrot", 'did you mean "short"?'),
        ("{{ first_name }}", "LO403", "first_name", 'did you mean "contact.first_name"?'),
        ("{{ contcat.first_name }}", "LO403", "contcat", 'did you mean "contact.first_name"?'),
        ("{{ evnt.total }}", "LO403", "evnt", 'did you mean "event.total"?'),
        ("{{ contact }}", "LO403", "contact", "contact.NAME"),
        ("{{ contact.__class__ }}", "LO403", "__class__", "starts with a letter"),
        ("{{ contact.x.__class__.__mro__ }}", "LO403", "__mro__", "starts with a letter"),
        ("  \n", "LO401", " ", "write the message"),
        ("Hi \u0007", "LO401", "\u0007", "remove it"),
        ("Hi \ud83d", "LO401", "\ud83d", "remove it"),
    ],
)
def test_a_mistake_is_shown_at_its_character(source: str, code: str, place: str, way_out: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Text(source)
    error = raised.value.errors(include_url=False)[0]
    assert error["type"] == code
    assert source[error["ctx"]["offset"] :].startswith(place)
    assert error["ctx"]["length"] >= 1
    assert way_out in error["ctx"]["help"]


def test_all_mistakes_of_a_text_are_reported() -> None:
    source = "{{ name }} and {{ contact.x | uper }} and {{ link('shop') }} and {{ 1"
    with pytest.raises(ValidationError) as raised:
        Text(source)
    assert [(each["type"], each["ctx"]["offset"]) for each in raised.value.errors()] == [
        ("LO403", 3),
        ("LO402", 30),
        ("LO401", 65),
    ]


def test_a_stray_closing_is_a_warning_at_its_place() -> None:
    text = Text("{{ contact.x }} } }} end }}")
    assert [(each.code, each.offset) for each in text.warnings] == [("LO404", 18), ("LO404", 25)]
    assert text.render(context({"x": "1"})) == "1 } }} end }}"


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 'a'.ljust(1000000000) }}",
        "{{ contact.x | truncate(1000000000) }}",
        "{{ " + "9" * 9_000 + " }}",
        "{{ " + "(" * 4_000 + "1" + ")" * 4_000 + " }}",
        "{{ " + "not " * 2_000 + "contact.x }}",
        "{{ contact" + ".x" * 4_000 + " }}",
        "{{ contact.x" + " | upper" * 1_000 + " }}",
        "{{ range(1000000000) }}",
        "{{ '%1000000000d' % 1 }}",
        "x" * 10_001,
        "{{ " * 3_333,
        "{" * 9_999 + "%",
    ],
)
def test_a_bomb_is_refused_while_it_is_read(source: str) -> None:
    refused: list[object] = []

    def read() -> None:
        refused.extend(mistakes(Text, source))

    assert timeit.timeit(read, number=1) < 1
    assert refused


@given(st.text(alphabet="{}%#-| .'\"()contact.link,x1\n", max_size=60))
def test_any_text_is_read_or_refused_in_our_words(source: str) -> None:
    for code, _, message in mistakes(Text, source):
        assert code.startswith("LO4")
        assert "jinja" not in message.lower()


def test_a_text_is_a_field_of_a_model() -> None:
    class Model(BaseModel):
        text: Text

    model = Model.model_validate({"text": " Hi "})
    assert model.model_dump() == {"text": "Hi"}
    assert model == Model(text=Text(" Hi ")) and hash(model.text) == hash(Text(" Hi "))
    [(code, loc, message)] = mistakes(Model, {"text": 5})
    assert (code, loc) == ("LO206", ("text",))
    assert 'put it in quotes: "5"' in message
