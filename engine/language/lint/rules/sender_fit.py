"""LO315: a sender's kind is that of its number, and a toll-free number serves the countries that it reaches."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import NORTH_AMERICA, Finding, LintContext, SenderModel, finding, value_at
from engine.messaging.numbers import is_toll_free
from engine.messaging.providers import SIMULATOR


def sender_fit(world: LintContext) -> Iterator[Finding]:
    if "senders" in world.unknown:
        return
    for name, sender in world.project.senders.items():
        yield from _kind(world, name, sender)
        yield from _countries(world, name, sender)


def _kind(world: LintContext, name: str, sender: SenderModel) -> Iterator[Finding]:
    toll_free = is_toll_free(sender.number)
    if toll_free == (sender.kind == "toll_free"):
        return
    written = value_at(world.document.data, ("senders", name, "kind")) is not None
    if toll_free:
        message, help = f"this number is toll-free, not {sender.kind}", "write `kind: toll_free`"
    else:
        message = "this number is not toll-free" + ("" if written else ", which is the default kind")
        help = "write `kind: long_code`: it decides the rate, the picture size and who answers STOP"
    yield finding(
        world.document, "LO315", message, ("senders", name, "kind" if written else "number"), help, severity="warning"
    )


def _countries(world: LintContext, name: str, sender: SenderModel) -> Iterator[Finding]:
    """A simulator is a whole provider that reaches everybody."""
    beyond = [country for country in sender.countries if country not in NORTH_AMERICA]
    if beyond and sender.provider != SIMULATOR and is_toll_free(sender.number):
        message = f"a toll-free number reaches only the US and Canada, not {', '.join(beyond)}"
        help = "add another sender for those countries, with `kind: long_code`"
        yield finding(
            world.document, "LO315", message, ("senders", name, "countries"), help, at="key", severity="warning"
        )
