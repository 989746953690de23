"""The kinds of sources, by name, and the variables that hold a source's secrets."""

from __future__ import annotations

from collections.abc import Mapping

from engine.sources.header import Header
from engine.sources.kind import Kind
from engine.sources.segment import Segment
from engine.sources.shopify import Shopify
from engine.sources.standard import Standard
from engine.sources.stripe import Stripe
from engine.sources.woocommerce import WooCommerce

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (Shopify(), WooCommerce(), Segment(), Stripe(), Standard(), Header())
}
ANY_TOPIC = "*"
"""In a mapping: every topic without an entry of its own."""


def secret_variable(source: str) -> str:
    """The environment variable of a source's secret."""
    return f"LEADOFF_SOURCE_{source.upper().replace('-', '_')}_SECRET"


def secret_variables(source: str) -> tuple[str, str]:
    """The same, and that of the old secret while one is replaced."""
    name = secret_variable(source)
    return name, f"{name}_OLD"
