"""How long a text can come to be, with every value at its longest and at its shortest."""

from __future__ import annotations

import pytest

from engine.language.templates.lengths import lengths
from engine.language.templates.text import Text
from engine.language.values.fields import BUILT_IN_FIELDS, FieldSpec

SPECS = {f"contact.{name}": spec for name, spec in BUILT_IN_FIELDS.items()} | {
    "contact.city": FieldSpec(max=30, required=True),
    "contact.orders": FieldSpec("integer", max=3),
    "contact.since": FieldSpec("date"),
    "event.total": FieldSpec("money", max=5),
    "event.items": FieldSpec(
        "list", of={"title": FieldSpec(max=10), "name": FieldSpec(max=12), "price": FieldSpec("money", max=4)}
    ),
}
URL = "https://sms.acme.example"


@pytest.mark.parametrize(
    ("source", "shortest", "longest"),
    [
        ("Hello", 5, 5),
        ("{{ contact.city }}", 1, 30),
        ("{{ contact.city | truncate(10) }}!", 2, 11),
        ("{{ contact.first_name | default('my very dear and honoured friend') }}", 1, 32),
        ("{{ contact.first_name | default('') }}.", 1, 21),
        ("{{ contact.orders | default(0) }}", 1, 3),
        ("{{ event.total | money | default('0') }}", 1, 9),  # 99,999.00
        ("{{ contact.since | date('%A, %B %e') | default('soon') }}", 4, len("Wednesday, September 29")),
        ("{{ link('shop') }}", len(URL) + 11, len(URL) + 11),
        ("{{ event.deep.er | default('x') }}", 1, 1),  # what lies inside a text is never there
        ("{{ event.whatever }}", 1, 20),
        ("{{ contact.timezone }}", 3, 32),
        ("{{ contact.tags | default('none') }}", 1, 20),
        ("{{ event.items | count | default('no') }}", 1, 2),
        (
            "{{ event.items | names(2) | default('it') }}",
            1,
            len(f"{'M' * 12}, {'M' * 12} and 48 more"),
        ),  # rows without a title
        ("{{ event.items | names(50) | default('it') }}", 1, 50 * 12 + 48 * 2 + len(" and ")),
        ("{{ event.items | names(2) | truncate(20) | default('it') }}", 1, 20),
        ("{{ event.items[49].title | default('') }}", 0, 10),
        ("{{ event.items[0].price | money | default('free') }}", 4, 8),  # 9,999.00
    ],
)
def test_of_each_value_the_extremes_count(source: str, shortest: int, longest: int) -> None:
    found = lengths(Text(source), SPECS, URL)
    assert (len(found.shortest), len(found.longest)) == (shortest, longest)


@pytest.mark.parametrize(
    ("language", "longest"),
    [("en", "Wednesday, September"), ("es", "sábado, septiembre"), ("fr", "mercredi, août")],
)
def test_the_worst_day_of_a_language_costs_most_not_has_most_letters(language: str, longest: str) -> None:
    text = Text("X" * 140 + "{{ contact.since | date('%A, %B') | default('') }}").in_language(language)
    found = lengths(text, SPECS, URL)
    assert found.longest == "X" * 140 + longest
    assert (
        lengths(Text("{{ contact.since | date('%A, %B') | default('') }}").in_language(language), SPECS, URL).shortest
        == ""
    )


def test_the_fields_that_make_the_difference_are_named() -> None:
    text = Text(
        "Hi {{ contact.first_name | default('you') }} in {{ contact.city }}: {{ link('shop') }} {{ contact.since }}"
    )
    assert lengths(text, SPECS, URL).growing == {"contact.first_name": 20, "contact.city": 30}
