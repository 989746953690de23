"""What Leadoff says by itself, in each language that it has words for."""

from __future__ import annotations

import pytest

from engine.messaging.compliance_texts import WORDINGS, defaults, frequency, introduced, says_how_to_stop
from engine.messaging.parts import count


@pytest.mark.parametrize("language", WORDINGS)
def test_the_defaults_say_what_carriers_ask_for_in_one_gsm_text(language: str) -> None:
    every: list[tuple[int | None, int | None, int | None]] = [
        (None, None, None),
        (1, None, None),
        (3, 4, None),
        (3, 4, 12),
    ]
    for caps in every:
        often = frequency(caps[0], caps[1], caps[2], language)
        said = defaults("Acme", often, "help@acme.example", language)
        assert all(count(text).encoding == "GSM-7" for text in said)
        for text in (said.help, said.opt_in, said.picture):
            assert "STOP" in text and often in text and WORDINGS[language].rates in text
        assert said.help.startswith("Acme:") and "help@acme.example" in said.help
        assert "STOP" not in said.opt_out and "START" in said.opt_out
        assert count(introduced("Hola", "Acme", said.first)).parts == 1
        assert "{" not in "".join(said)
    assert frequency(1, None, None, language) != frequency(2, None, None, language)


def test_other_languages_and_none_get_the_english_ones() -> None:
    assert defaults("Acme", "often", None, "de") == defaults("Acme", "often", None)
    assert defaults("Acme", "often", None, "es-MX") == defaults("Acme", "often", None, "es")
    assert frequency(None, 3, None, "fr-CA") == "Jusqu'à 3 msgs/semaine"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Responde ALTO para cancelar", True),
        ("Envía la palabra PARAR", True),
        ("Para darte de baja, escríbenos", True),
        ("Répondez ARRET pour annuler", True),
        ("Pour vous désabonner: acme.example", True),
        ("Envoyez STOP", True),
        ("Un alto en el camino", False),
        ("Precios a la baja", False),
        ("Arrêt de bus", False),
        ("Responde SÍ", False),
    ],
)
def test_how_to_stop_is_understood_in_other_languages(text: str, says: bool) -> None:
    assert says_how_to_stop(text) == says
    assert introduced(f"Acme: {text}", "Acme", "WORDS") == f"Acme: {text}" + ("" if says else "\nWORDS")
