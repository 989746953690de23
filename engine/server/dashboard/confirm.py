"""Counted confirmations: a page that says what a deed does to how many, before it is done; no dialog, and no script.

Invariants: the form carries the counts that it showed. Where one has grown by more than a tenth since, nothing is done and the page is
shown again with the new ones. The button is named by the deed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fastapi import Response

from engine.server.dashboard.desk import Desk, Form, Page
from engine.server.dashboard.visitor import Visitor


class Effect(NamedTuple):
    """What is asked."""

    title: str  # "Let sending go on?"
    lines: Sequence[str]  # each a sentence of what happens
    counts: Mapping[str, int]  # those in the lines that matter, by name
    button: str  # the deed, with its count: "Let 412 go on"
    action: str  # where the form goes
    back: str  # where who does not want it goes
    typed: str | None = (
        None  # what a person types for what cannot be undone, in words; the page looks whether it is that
    )


def ask(page: Page, effect: Effect, again: bool = False) -> Response:
    """`again`: the counts have grown since they were shown."""
    return page.render(effect=effect, again=again)


def asked(desk: Desk, here: str, by: Visitor, effect: Callable[[Page], Effect]) -> Response:
    """The page that asks."""
    with desk.page("confirm.html", here, by) as page:
        return ask(page, effect(page))


def objection(desk: Desk, here: str, form: Form, effect: Callable[[Page], Effect]) -> Response | None:
    """The page once more, where the person has not seen counts like those of now; None: it may be done."""
    with desk.page("confirm.html", here, form.by) as page:
        found = effect(page)
        seen = all(now <= form.whole(f"n-{name}") * 1.1 for name, now in found.counts.items())
        return None if seen else ask(page, found, again=True)
