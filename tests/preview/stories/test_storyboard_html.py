"""The page of a storyboard: what stands on which phone at which day, that it holds everything itself, and that it shows nobody's number."""

from __future__ import annotations

import re
from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

from engine.preview.graph.thumbnails import Thumbnail
from engine.preview.stories.stories import Cost, Picture, Sample, Story, Storyboard
from engine.preview.stories.storyboard_html import MOST_PHONES, storyboard_html
from engine.store.queries.timeline import TimelineEntry

EVIL = "</style><script>alert(1)</script>\u202e\x07 & \"'"
MEDIA = "ab.jpg"
COAT = {MEDIA: Thumbnail(b"a coat", 90, 120)}


def at(text: str) -> int:
    """UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def sample(name: str = "Ada", zone: str = "America/New_York") -> Sample:
    return Sample(1, name, "+12025550143", zone, "US", {"first_name": name}, "subscribed")


def message(when: str, text: str = "Hi", kind: str = "message", **details: Any) -> TimelineEntry:
    given: dict[str, Any] = {
        "status": "delivered", "reason": None, "kind": "sms", "media": None, "parts": 1, "price": 0.015, "text": text,
        "provider_id": "x", "attempts": [],
    }  # fmt: skip
    return TimelineEntry(at(when), kind, "SMS sent", "spring-drop", 1, "hero", given | details)


def moment(when: str, kind: str, what: str, **details: Any) -> TimelineEntry:
    return TimelineEntry(at(when), kind, what, "spring-drop", 1, "hero", details)


HELD = "held until Thu, Apr 1, 09:00: quiet hours 20:00–09:00"
EAST = Story(
    41,
    sample(),
    (
        moment("2027-04-01 14:04", "event", "list.joined", data={"list": "vip"}),
        message("2027-04-01 14:04", "Acme: Hi Ada: https://acme.example/l/k3 now", media=MEDIA, price=0.045),
        moment("2027-04-01 15:00", "click", "clicked shop"),
        moment("2027-04-01 15:01", "text", "wrote", text="STOP", verdict="stop"),
        moment("2027-04-03 14:04", "exited", "left the flow: engaged", reason="engaged"),
    ),
)
WEST = Story(
    1,
    sample("Zoë", "America/Los_Angeles"),
    (
        moment("2027-04-01 14:04", "noted", HELD, reason=HELD),
        message("2027-04-01 16:00"),
        message("2027-04-02 05:30", "late at night"),
        message("2027-04-03 14:04", "", status="skipped", reason="cap of 1 a day", provider_id=None),
        message("2027-04-03 15:04", "never mind", status="cancelled", reason="converted", provider_id=None),
        message("2027-04-03 16:04", "no", status="failed", reason="unreachable", provider_id=None),
        message("2027-04-04 16:04", "soon", kind="queued", status="held", reason="on hold", provider_id=None),
    ),
)


def board(*stories: Story, **said: Any) -> Storyboard:
    made = Storyboard(
        "spring-drop", at("2027-04-01 14:04"), at("2027-04-15 14:04"), "America/New_York", "Acme", "USD", None,
        stories or (EAST, WEST), Cost(1, 45_000, 3, 45_000), places={("spring-drop", "hero"): "flows/spring-drop.yaml:19"},
        commit="a1b2c3d4e5", pictures={MEDIA: Picture("media/spring.jpg", 1080, 1350, 150_000, "The garden coat")},
    )  # fmt: skip
    return made._replace(**said)


class Page(HTMLParser):
    """Every element with its attributes, and the text of each cell by (phone, row)."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.cells: dict[tuple[int, int], str] = {}
        self.phones: list[str] = []
        self.days: list[str] = []
        self._into: list[str] | None = None
        self._cell: tuple[int, int] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        names = (dict(attrs).get("class") or "").split()
        if "phone" in names:
            self.phones.append("")
        if "cell" in names:
            self._cell = len(self.phones), int(names[1][1:])
            self.cells[self._cell] = ""
        if "day" in names:
            self.days.append("")

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.cells[self._cell] += data
        elif self.phones:
            self.phones[-1] += data
        elif self.days:
            self.days[-1] += data

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for _, attrs in self.elements if name in (attrs.get("class") or "").split()]


def words(text: str) -> str:
    return " ".join(text.split())


def test_each_kind_is_a_phone_and_each_day_of_the_project_a_row() -> None:
    page = Page(storyboard_html(board(), COAT))
    assert words(page.phones[0]).startswith("A41 contactslike Ada +1202•••0143New York · 1 text · $0.045")
    assert [words(day) for day in page.days][:3] == ["Apr 1Thursday", "Apr 2Friday", "Apr 3Saturday"]
    assert words(page.days[3]).startswith("Thennot yet")
    assert "late at night" in page.cells[2, 2] and "STOP" in page.cells[1, 1] and not page.cells[1, 2].strip()
    assert "soon" in page.cells[2, 4]


def test_a_text_has_the_time_of_its_contact_who_may_have_another_day() -> None:
    page = Page(storyboard_html(board(), COAT))
    assert "10:04 AM" in page.cells[1, 1] and "9:00 AM" in page.cells[2, 1]
    assert "Thu, Apr 1, 10:30 PM" in page.cells[2, 2]  # in New York it is Friday


def test_days_without_anything_are_one_gap() -> None:
    page = Page(storyboard_html(board(EAST)))
    assert [words(day) for day in page.days][:2] == ["Apr 1Thursday", "2 days laterApr 3Saturday"]


def test_what_is_held_skipped_or_failed_looks_so_and_says_why() -> None:
    text = storyboard_html(board(), COAT)
    page = Page(text)
    looks = [(attrs.get("class") or "") for tag, attrs in page.elements if tag == "li"]
    assert looks == [
        "chip event", "bubble in sent", "chip click", "bubble out", "chip exited",
        "chip held", "bubble in sent", "bubble in sent", "bubble in quiet", "bubble in quiet", "bubble in bad", "bubble in waits",
    ]  # fmt: skip
    assert "held since Thu, Apr 1, 7:04 AM: quiet hours 20:00–09:00" in page.cells[2, 1]
    assert "skipped: cap of 1 a day" in page.cells[2, 3] and "cancelled: converted" in page.cells[2, 3]
    assert "failed: unreachable" in page.cells[2, 3] and "held: on hold" in page.cells[2, 4]
    assert "read as stop" in page.cells[1, 1]


def test_the_details_name_the_line_the_price_and_the_other_clocks() -> None:
    east, west = (words(Page(storyboard_html(board(), COAT)).cells[phone, 1]) for phone in (1, 2))
    assert "written inflows/spring-drop.yaml:19 @ a1b2c3d" in east and "price$0.045" in east
    assert "UTC2027-04-01 16:00:00" in west and "New YorkThu, Apr 1, 12:00 PM" in west
    assert "New YorkThu" not in east


def test_a_picture_is_there_once_with_its_words_and_a_missing_one_is_said() -> None:
    twice = board(EAST, EAST)
    page = Page(storyboard_html(twice, COAT))
    assert [attrs["href"] for tag, attrs in page.elements if tag == "image"] == [
        f"data:image/jpeg;base64,{b64encode(b'a coat').decode()}"
    ]
    shown = page.of("picture")
    assert len(shown) == 2 and {(each["role"], each["aria-label"]) for each in shown} == {("img", "The garden coat")}
    missing = Page(storyboard_html(twice))
    assert len(missing.of("missing")) == 2 and "The garden coat" in missing.cells[1, 1]


def test_it_allows_its_own_style_and_its_pictures_alone() -> None:
    text = storyboard_html(board(), COAT)
    page = Page(text)
    (policy,) = (
        attrs["content"]
        for tag, attrs in page.elements
        if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
    )
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None and policy is not None
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert (
        policy == f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    assert not {"script", "link", "iframe", "a"} & {tag for tag, _ in page.elements}
    assert not [name for _, attrs in page.elements for name in attrs if name == "style" or name.startswith("on")]
    loaded = [value for tag, attrs in page.elements for name, value in attrs.items() if name in ("src", "href")]
    assert all(value is not None and value.startswith(("#", "data:image/jpeg")) for value in loaded)


def test_what_came_from_outside_is_text_and_seen() -> None:
    story = Story(
        1,
        sample(EVIL),
        (
            message("2027-04-01 14:04", EVIL),
            moment("2027-04-01 14:05", "event", "list.joined", data={"list": EVIL}),
            moment("2027-04-01 14:06", "text", "wrote", text=EVIL),
        ),
    )
    pictures = {MEDIA: Picture("media/spring.jpg", 1080, 1350, 150_000, EVIL)}
    text = storyboard_html(board(story, pictures=pictures, remarks=(EVIL,), brand="<b>Acme"), COAT)
    page = Page(text)
    assert not {"script", "b>acme"} & {tag for tag, _ in page.elements}
    assert text.count("<style") == 1 and "\u202e" not in text and "\x07" not in text
    assert page.cells[1, 1].count("<script>alert(1)</script>\\u202e\\x07 & \"'") == 3


def test_no_number_is_whole() -> None:
    text = storyboard_html(board(), COAT)
    assert "5550143" not in text and "+1202•••0143" in text


def test_more_kinds_than_anybody_reads_are_counted() -> None:
    many = tuple(EAST._replace(contacts=2) for _ in range(MOST_PHONES + 3))
    text = storyboard_html(board(*many))
    assert len(Page(text).phones) == MOST_PHONES
    assert "3 kinds more with 6 contacts are in the counts alone" in text
    assert "in the counts alone" not in storyboard_html(board())


def test_one_without_any_story_and_the_same_one_twice() -> None:
    assert storyboard_html(board(), COAT) == storyboard_html(board(), COAT)
    assert Page(storyboard_html(board()._replace(stories=()))).phones == []
