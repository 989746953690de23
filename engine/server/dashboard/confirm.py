"""Counted confirmations: a page that says what a deed does to how many, before it is done; no dialog, and no script.

Invariants: the form carries the counts that it showed. Where one has grown by more than a tenth since, nothing is done and the page is
shown again with the new ones. The button is named by the deed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from fastapi import Response

from engine.server.dashboard.desk import Form, Page


class Effect(NamedTuple):
    """What is asked."""

    title: str  # "Let sending go on?"
    lines: Sequence[str]  # each a sentence of what happens
    counts: Mapping[str, int]  # those in the lines that matter, by name
    button: str  # the deed, with its count: "Let 412 go on"
    action: str  # where the form goes
    back: str  # where who does not want it goes
    hidden: Mapping[str, str] = {}
    typed: str | None = (
        None  # what a person types for what cannot be undone, in words; the page looks whether it is that
    )


def ask(page: Page, effect: Effect, again: bool = False) -> Response:
    """`again`: the counts have grown since they were shown."""
    return page.render(effect=effect, again=again)


def agreed(form: Form, effect: Effect) -> bool:
    """Whether the person has seen counts like those of now."""
    return all(now <= form.whole(f"n-{name}") * 1.1 for name, now in effect.counts.items())
