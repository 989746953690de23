"""Languages of people: how a tag is spelled, and who reads what."""

from __future__ import annotations

import pytest

from engine.messaging.languages import chosen, normal


@pytest.mark.parametrize(
    ("written", "tag"),
    [
        ("es", "es"),
        (" EN ", "en"),
        ("es_mx", "es-MX"),
        ("FR-ca", "fr-CA"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("spa", "spa"),
        ("English", None),
        ("e", None),
        ("", None),
        ("en-US-x-private", None),
        ("en US", None),
    ],
)
def test_a_tag_has_one_spelling(written: str, tag: str | None) -> None:
    assert normal(written) == tag


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("es", "es"),
        ("es-MX", "es-MX"),
        ("ES_mx", "es-MX"),
        ("es-AR", "es"),
        ("zh-Hant-TW", "zh-Hant"),
        ("pt-PT", "pt-BR"),
        ("pt", "pt-BR"),
        ("p", None),
        ("de", None),
        ("Spanish", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_the_nearest_of_those_that_there_are(wanted: object, found: str | None) -> None:
    assert chosen(wanted, ["en", "es", "es-MX", "zh-Hant", "pt-BR"]) == found
