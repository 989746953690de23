"""Mermaid: what a page draws, and that nothing an author writes is read as Mermaid, Markdown or HTML."""

from __future__ import annotations

import re

import pytest

from engine.errors import Refused
from engine.preview.graph.marks import Marks
from engine.preview.graph.mermaid import mermaid
from engine.store.queries.places import AtStep
from tests.preview.graph.drawn import sample, template
from tests.preview.graph.test_svg import EVIL


def test_cards_and_ways() -> None:
    text = mermaid(sample())
    assert text.startswith("flowchart TD\n  accTitle: The flow sample\n")
    assert (
        'n4["`**hero** MMS: Hi first#95;name: shop\n#36;0#46;045 · elsewhere: text and link, 1 part · up to #36;0#46;015`"]:::message\n'
        in text
    )
    edges = re.findall(r'^  (n\d+) -->(?:\|"`(.*?)`"\|)? (n\d+)$', text, re.MULTILINE)
    assert edges == [
        ("n1", "", "n3"), ("n2", "", "n3"), ("n3", "", "n4"), ("n4", "", "n5"), ("n5", "", "n6"),
        ("n6", "then", "n7"), ("n6", "else", "n8"), ("n8", "contact country CA", "n9"), ("n8", "else", "n10"),
        ("n9", "", "n11"), ("n10", "", "n11"), ("n11", "then", "n12"), ("n11", "on timeout", "n12"),
    ]  # fmt: skip


def test_counts_stand_in_the_second_line_and_what_no_test_reaches_is_dashed() -> None:
    marks = Marks(
        waiting={("steps", 1): AtStep(388, 2)}, untested=frozenset([(("steps", 2), "then"), (("steps", 4), None)])
    )
    text = mermaid(sample(), marks)
    assert "`**think** wait 2d\n388 waiting · 2 parked`" in text
    assert 'n6 -.->|"`then`"| n7' in text and re.search(r"n11\(.*:::untested", text)
    assert "stroke-dasharray" in text and "untested" not in mermaid(sample())


def test_nothing_that_an_author_writes_is_more_than_text() -> None:
    text = mermaid(sample(EVIL))
    labels = re.findall(r'"`(.*?)`"', text, re.DOTALL)
    assert len(labels) == 3
    for label in labels:
        assert re.fullmatch(r"(\*\*one\*\* )?[^\"`<>*_\[\](){}|&']*", label), label
    assert "#60;b#62;Acme#60;/b#62; #38; #39;so#39; #34;on#34; #127881;" in text


def test_a_template_is_drawn_in_few_lines() -> None:
    assert mermaid(template("welcome")).count("\n") < 40


def test_what_pages_would_not_draw_is_refused_with_a_way_out() -> None:
    steps = "".join(f"  - id: s{at}\n    delay: 1h\n" for at in range(400))
    with pytest.raises(Refused, match="this flow has 401 edges") as refused:
        mermaid(sample(f"flow: sample\nlanguage: 1\ntrigger: manual\nsteps:\n{steps}"))
    assert refused.value.help == "draw it as SVG: --format svg"
