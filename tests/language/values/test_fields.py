"""Raw values become their field's type or are refused; nothing is guessed."""

from __future__ import annotations

from typing import Any

import pytest

from engine.language.values.fields import BUILT_IN_FIELDS, BadValue, FieldSpec, FieldType, convert


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
        ("tags", 5),
        ("tags", [1]),
        ("zone", "Mars/Base"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_short_reason(kind: FieldType, raw: object) -> None:
    with pytest.raises(BadValue) as caught:
        convert(FieldSpec(kind), raw)
    assert len(caught.value.reason) <= 80


def test_the_built_in_fields_are_those_of_the_language() -> None:
    names = "phone key first_name last_name email country state timezone language tags birthday"
    assert " ".join(BUILT_IN_FIELDS) == names
