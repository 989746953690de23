"""Raw values become their field's type or are refused; nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from engine.language.values.fields import BUILT_IN_FIELDS, BadValue, FieldSpec, FieldType, convert, convert_all


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("text", " Ada ", "Ada"),
        ("text", "Ada\u202e\x00", "Ada"),
        ("text", "Zoe\u0308", "Zoë"),
        ("text", "", None),
        ("text", "  ", None),
        ("text", None, None),
        ("integer", "12", 12),
        ("integer", " -3 ", -3),
        ("integer", 12.0, 12),
        ("number", "1.50", 1.5),
        ("number", 3, 3),
        ("boolean", "TRUE", True),
        ("boolean", False, False),
        ("money", "59.90", 59.9),
        ("money", 0.015, 0.015),
        ("date", "2026-11-27", "2026-11-27"),
        ("time", "2026-11-27T09:00:00+02:00", "2026-11-27T07:00:00Z"),
        ("time", "2026-11-27T09:00:00Z", "2026-11-27T09:00:00Z"),
        ("url", " https://acme.example/a?b=1 ", "https://acme.example/a?b=1"),
        ("tags", "vip|lead||vip", ["lead", "vip"]),
        ("tags", ["b", "a"], ["a", "b"]),
        ("zone", "America/New_York", "America/New_York"),
    ],
)
def test_what_fits_is_converted(kind: FieldType, raw: object, value: Any) -> None:
    found = convert(FieldSpec(kind), raw)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("text", 5),
        ("text", True),
        ("text", "x" * 2_001),
        ("integer", "1.5"),
        ("integer", True),
        ("integer", "1_000"),
        ("integer", 10**18),
        ("integer", "9" * 5_000),
        ("number", "1e5"),
        ("number", "nan"),
        ("number", float("inf")),
        ("number", []),
        ("boolean", "yes"),
        ("boolean", 1),
        ("money", 0.0000001),
        ("date", "27.11.2026"),
        ("date", "2026-02-30"),
        ("date", "20261127"),
        ("time", "2026-11-27T09:00:00"),
        ("time", "0001-01-01T00:00:00+23:00"),
        ("time", 5),
        ("url", "acme.example"),
        ("url", "javascript:alert(1)"),
        ("list", "[]"),
        ("list", {}),
        ("tags", 5),
        ("tags", [1]),
        ("zone", "Mars/Base"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_short_reason(kind: FieldType, raw: object) -> None:
    with pytest.raises(BadValue) as caught:
        convert(FieldSpec(kind), raw)
    assert len(caught.value.reason) <= 120


def test_the_built_in_fields_are_those_of_the_language() -> None:
    names = "phone key first_name last_name email country state timezone language tags birthday"
    assert " ".join(BUILT_IN_FIELDS) == names


ITEMS = FieldSpec(
    "list", of={"title": FieldSpec(required=True), "price": FieldSpec("money"), "image": FieldSpec("url")}
)


def test_each_row_of_a_list_is_converted() -> None:
    rows = [
        {"title": " Coat ", "price": "129.50", "image": None},
        {"title": "Hat", "image": "https://acme.example/hat.png"},
    ]
    expected = [{"title": "Coat", "price": 129.5}, {"title": "Hat", "image": "https://acme.example/hat.png"}]
    assert convert_all({"items": ITEMS}, {"items": rows}, "the event") == {"items": expected}
    assert convert(ITEMS, []) == []  # an empty list is there


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{"title": "Coat"}] * 51, "items: a list of 51 rows, and at most 50 are taken"),
        (
            [*[{"title": "Coat"}] * 3, {"title": "Hat", "price": "much"}],
            "items[3].price: expected a number, got 'much'",
        ),
        ([{"price": 3}], "items[0].title: is required and missing"),
        ([{"titel": "Coat"}], 'items[0].titel: a row has no such field; did you mean "title"?'),
        ([{"title": ["Coat"]}], "items[0].title: expected text, got ['Coat']"),
        (["Coat"], "items[0]: expected an object with the fields title, price, image, got text"),
        ({"title": "Coat"}, "items: expected a list, got a mapping"),
    ],
)
def test_a_row_that_does_not_fit_is_named_by_its_place(rows: object, reason: str) -> None:
    with pytest.raises(BadValue) as caught:
        convert_all({"items": ITEMS}, {"items": rows}, "the event")
    assert str(caught.value) == reason
