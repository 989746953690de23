"""The SVG: what is in the file, and that nothing an author writes is more than text in it."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from engine.preview.graph.chart import Chart
from engine.preview.graph.layout import drawing_of
from engine.preview.graph.marks import UNMARKED, Marks, live_marks, percents
from engine.preview.graph.outline import outline
from engine.preview.graph.svg import Theme, svg
from engine.preview.graph.thumbnails import Thumbnail, thumbnails
from engine.store.queries.places import AtStep, Passed
from tests.messaging.media.drawn import photo, stored
from tests.preview.graph.drawn import WAYS, sample

SVG = "{http://www.w3.org/2000/svg}"
EVIL = """\
flow: sample
language: 1
description: "</desc><script>alert(1)</script> & ]]> \\u0001"
trigger: {event: list.joined, where: {event: {list: "\\"><svg onload=alert(1)>"}}}
steps:
  - id: one
    sms: "<b>Acme</b> & 'so' \\"on\\" 🎉 日本語 {{ contact.first_name | default('x') }}"
  - exit: "</g><script>"
"""


def drawn(chart: Chart, marks: Marks = UNMARKED, theme: Theme = "auto", pictures: bool = True) -> str:
    found = {"media/spring.jpg": Thumbnail(b"a picture", 90, 120)} if pictures else {}
    return svg(drawing_of(chart), chart.flow, outline(chart), found, marks, theme)


def tree(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def cards(text: str) -> dict[str, ElementTree.Element]:
    """By place."""
    return {
        each.attrib["data-place"]: each
        for each in tree(text).iter(f"{SVG}g")
        if "card" in each.get("class", "").split()
    }


def test_it_is_an_image_with_a_title_and_all_of_the_flow_in_words() -> None:
    root = tree(drawn(sample()))
    assert root.get("role") == "img"
    title, told = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and told is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {told.get('id')}"
    assert title.text == "The flow sample"
    assert told.text == outline(sample())


def test_each_card_and_way_is_found_by_step_place_and_branch() -> None:
    text = drawn(sample())
    assert cards(text)["steps[0]"].get("data-step") == "hero"
    assert "data-step" not in cards(text)["steps[3]"].attrib
    ways = {
        (each.get("data-step"), each.get("data-branch"))
        for each in tree(text).iter(f"{SVG}path")
        if each.get("data-branch")
    }
    assert {("look", "then"), ("look", "else"), ("last", "on_timeout"), (None, "1")} <= ways


def test_a_card_has_its_whole_text_as_its_title() -> None:
    title = cards(drawn(sample()))["steps[0]"].find(f"{SVG}title")
    assert title is not None and title.text is not None
    assert title.text.startswith("hero: MMS\nHi first_name: shop")


def test_counts_and_coverage_change_no_place() -> None:
    chart = sample()
    passed = Passed({("look", "then"): 3, ("look", "else"): 5}, {"hero": 9})
    marks = live_marks(chart, {"think": AtStep(388), "last": AtStep(3, 2)}, "now", passed)._replace(
        untested=frozenset([(("steps", 2), "then"), (("steps", 4), None)])
    )
    plain, marked = drawn(chart), drawn(chart, marks)
    bare = (
        re.sub(r'<g class="(badge|caption|passed)">.*?</g>', "", marked)
        .replace(" untested", "")
        .replace(' waiting"', '"')
    )
    assert bare.split() == plain.split()


def test_who_waits_is_a_badge_and_who_waits_elsewhere_is_said_below() -> None:
    chart = sample()
    text = drawn(
        chart,
        live_marks(chart, {None: AtStep(7), "think": AtStep(1_388), "last": AtStep(3, 2), "gone": AtStep(4)}, "10:04"),
    )
    badges = {
        place: "".join(card.itertext()).rpartition("\n")[2]
        for place, card in cards(text).items()
        if "waiting" in card.get("class", "")
    }
    assert badges.keys() == {"trigger[0]", "steps[1]", "steps[4]"}
    assert badges["steps[1]"].endswith("1,388 waiting") and badges["steps[4]"].endswith("3 waiting · 2 parked")
    assert "1,404 inside, 10:04; 4 waiting at gone, which this flow does not have" in text


def test_how_many_took_a_way_stands_at_it_and_what_was_sent_at_its_step() -> None:
    passed = Passed({("look", "then"): 1_371, ("look", "else"): 2, ("gone", "then"): 4}, {"hero": 1_373, "last": 0})
    text = drawn(sample(), live_marks(sample(), {"hero": AtStep(1)}, "10:04", passed))
    said = {
        (label.get("data-step"), label.get("data-branch")): "".join(count.itertext())
        for label in tree(text).iter(f"{SVG}g")
        if label.get("class") == "label"
        for count in label.iter(f"{SVG}g")
        if count.get("class") == "passed"
    }
    assert said == {("look", "then"): "1,371 · 100 %", ("look", "else"): "2 · 0 %"}
    assert "1 waiting · 1,373 sent" in text and "1 inside, 10:04; ways and sent: all so far" in text


@pytest.mark.parametrize(
    ("counts", "shown"),
    [([13, 2], [87, 13]), ([1, 1, 1], [34, 33, 33]), ([1_371, 2], [100, 0]), ([0, 5], [0, 100]), ([1, 1], [50, 50])],
)
def test_percents_are_rounded_and_together_a_hundred(counts: list[int], shown: list[int]) -> None:
    assert percents(counts) == shown


def test_what_no_test_reaches_has_a_class_of_its_own() -> None:
    text = drawn(sample(), Marks(untested=frozenset([(("steps", 2), "then"), (("steps", 1), None)])))
    untested = [
        (each.get("data-place"), each.get("data-branch"))
        for each in tree(text).iter()
        if "untested" in each.get("class", "").split()
    ]
    assert set(untested) == {("steps[2]", "then"), ("steps[1]", "next"), ("steps[1]", None)}


def test_a_picture_is_inside_of_the_file_once_and_a_missing_one_is_a_frame() -> None:
    twice = sample(
        WAYS.replace('sms: "Acme: for Canada"', "sms: {text: Acme, image: media/spring.jpg, otherwise: text}")
    )
    text = drawn(twice)
    assert text.count("data:image/jpeg;base64,") == 1 and text.count("<use ") == 2
    assert "<use " not in drawn(twice, pictures=False)
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


def test_nothing_that_an_author_writes_is_more_than_text() -> None:
    root = tree(drawn(sample(EVIL)))
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "g", "path", "text", "tspan", "circle", "defs", "symbol", "image", "use", "clipPath",
    }  # fmt: skip
    assert not [name for each in root.iter() for name in each.attrib if name.startswith("on")]
    assert "<script>alert(1)</script>" in "".join(root.itertext())


def test_it_follows_the_reader_or_has_the_one_theme() -> None:
    assert "prefers-color-scheme:dark" in drawn(sample()) and "@media print" in drawn(sample())
    for theme in ("light", "dark"):
        assert "@media screen" not in drawn(sample(), theme=theme)
    assert drawn(sample(), theme="dark") != drawn(sample(), theme="light")


def test_a_thumbnail_is_a_small_jpeg_whatever_is_sent() -> None:
    files = {"a": stored(photo((400, 300)), "PNG"), "b": b"no picture"}
    found = thumbnails(["a", "b", "c", "a"], files.get)
    assert found.keys() == {"a"}
    assert (found["a"].wide, found["a"].high) == (200, 150)
    assert found["a"].data.startswith(b"\xff\xd8")


def test_a_drawing_of_one_page_is_printed_on_one() -> None:
    steps = "".join(f"  - id: s{at}\n    delay: 1h\n" for at in range(30))
    long = sample(f"flow: sample\nlanguage: 1\ntrigger: manual\nsteps:\n{steps}")
    assert "max-height:100vh" in drawn(sample()) and "max-height:100vh" not in drawn(long)
