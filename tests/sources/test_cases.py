"""Recorded bodies, one file a topic with its headers, and what each becomes in a shop that declares all of it.

The bodies are made up from the field paths that the platforms document; the persons are not real. becomes.json of a kind is written by
`python -m tests.sources.test_cases`: read the difference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli.sources_try import as_json
from engine.intake.mapping import became
from engine.intake.recorded import recorded
from engine.language.check import ProjectFiles, check
from engine.language.model.project import Project
from engine.sources.kinds import KINDS

CASES = Path(__file__).parent / "cases"
KIND_NAMES = sorted(path.name for path in CASES.iterdir())
SHOP = """
project: shop
brand: Acme
timezone: America/New_York
events:
  checkout.started:
    cart: text
    total: money
    currency: text
    url: url
    items: {type: list, of: {title: {type: text, required: true}, image: url, price: money, quantity: integer}}
  checkout.expired: {cart: text}
  order.placed:
    order_id: {type: text, required: true}
    order: text
    cart: text
    total: money
    currency: text
    url: url
    items: {type: list, of: {title: text, sku: text, product_id: text}}
  order.paid: {order_id: text, total: money}
  order.fulfilled: {order_id: integer, tracking: text, tracking_url: text, carrier: text}
  order.shipped: {order_id: integer, order: text, tracking: text, tracking_url: text}
  order.cancelled: {order_id: text, reason: text}
  order.refunded: {order_id: text, total: money}
  list.joined: {}
sources:
  shopify: {kind: shopify}
  woocommerce: {kind: woocommerce}
  segment:
    kind: segment
    events:
      identify: {event: list.joined, contact: {phone: traits.phone, first_name: traits.first_name}}
  stripe: {kind: stripe}
  standard:
    kind: standard
    events:
      order.placed:
        event: order.placed
        contact: {phone: data.buyer.phone, consent: data.buyer.texts}
        data: {order_id: data.id, total: data.total}
  header:
    kind: header
    events:
      "*":
        event: order.placed
        contact: {phone: buyer.phone, consent: buyer.texts}
        data: {order_id: order.id, total: order.total}
"""


def shop(text: str = SHOP) -> Project:
    checked = check(ProjectFiles({"leadoff.yaml": text.encode()}, lambda path: None), {})
    assert checked.project is not None, checked.findings
    return checked.project


def becomes(kind: str) -> dict[str, Any]:
    return {path.stem: one(kind, path) for path in sorted((CASES / kind).glob("*.http"))}


def one(kind: str, path: Path) -> Any:
    taken = recorded(path.read_bytes())
    if KINDS[kind].is_ping(taken.headers, taken.body):
        return "a ping"
    project = shop()
    made = [
        as_json(became(project, project.sources[kind], message))
        for message in KINDS[kind].messages(taken.headers, taken.body)
    ]
    return [{name: value for name, value in each.items() if value not in (None, {}, [])} for each in made]


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_each_body_becomes_what_is_written_down(kind: str) -> None:
    assert becomes(kind) == json.loads((CASES / kind / "becomes.json").read_text("utf-8"))


def test_every_kind_has_cases() -> None:
    assert sorted(KINDS) == KIND_NAMES


@pytest.mark.parametrize("kind", KIND_NAMES)
def test_every_topic_that_a_kind_maps_has_a_case(kind: str) -> None:
    made = json.loads((CASES / kind / "becomes.json").read_text("utf-8"))
    seen = {each.get("topic") for case in made.values() if isinstance(case, list) for each in case}
    spelt_otherwise = {"customers/marketing_consent_update"}
    assert set(KINDS[kind].topics) | set(KINDS[kind].privacy) <= seen | spelt_otherwise


if __name__ == "__main__":
    for each in KIND_NAMES:
        text = json.dumps(becomes(each), indent=1, ensure_ascii=False)
        (CASES / each / "becomes.json").write_text(text + "\n", "utf-8")
