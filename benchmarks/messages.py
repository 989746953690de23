"""What getting one message right costs, in microseconds, and what fitting a picture costs, in seconds.

    python benchmarks/messages.py [--format text|json]

The limit of a row is its share of the budget of performance.md: 12 µs a contact-step, rendering included; 1.5 s a photograph, 10 s a GIF.
The smallest of five runs, as timeit counts them.
"""

from __future__ import annotations

import argparse
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.pictures import noisy_film, photograph
from benchmarks.table import Row, show
from engine.core.calendar import DAY
from engine.core.context import Context, Run
from engine.core.facts import Facts, MarketingHistory, Person
from engine.core.gates import Candidate, first_verdict
from engine.core.gates.caps import Cap, Caps, SentMarketing
from engine.core.gates.local_rules import DEFAULT_QUIET, local_rules
from engine.core.program import Program
from engine.language.check import ProjectFiles, check
from engine.language.compiler import compile_project
from engine.messaging.compliance_texts import introduced
from engine.messaging.media.fitting import fit
from engine.messaging.parts import count
from engine.messaging.smart_encoding import smart
from engine.registry import registry

NOON = 1_806_595_200_000  # 2027-04-01 12:00 in New York
STEP_US, PHOTO_SECONDS, GIF_SECONDS = 12.0, 1.5, 10.0
PROJECT = b"""\
project: bench
brand: Acme
timezone: America/New_York
senders: {main: {provider: simulator, number: "+18445550100", smart_encoding: true}}
links: {shop: "https://acme.example/spring"}
caps: {marketing: {per_day: 1, per_week: 4}}
"""
FLOW = b"""\
flow: promo
language: 1
trigger: manual
steps:
  - id: hero
    sms: "Acme: Hi {{ contact.first_name | default('there') }}, the spring drop is live: {{ link('shop') }} Reply STOP to opt out"
"""
PLAIN = "Acme: 20% off today only! Shop now: https://acme.example/s/Ab3xK Reply STOP to opt out"
CURLY = "Acme: it’s live – “20% off” today only… Shop now: https://acme.example/s/Ab3xK Reply STOP to opt out"
EMOJI = (
    "Acme 🎉 Flash sale: 20% off everything until midnight. Shop: https://acme.example/s/Ab3xK Reply STOP to opt out"
)
ADA = Person(1, "+12025550143", "US", "America/New_York", {"first_name": "Ada", "state": "DC"}, "subscribed")


def program() -> Program:
    checked = check(ProjectFiles({"leadoff.yaml": PROJECT, "flows/promo.yaml": FLOW}, lambda path: None), registry())
    assert checked.ok, checked.findings
    return compile_project(checked, b"secret")["promo"]


def context(promo: Program) -> Context:
    run = Run(7, 1, "promo", 0, None, "waiting", None, None, None, NOON, NOON, 1)
    ctx = Context(promo, run, Facts(ADA, {}, texted=MarketingHistory((SentMarketing(NOON - 2 * DAY, 3),), True)), NOON)
    ctx.step = "hero"
    return ctx


def candidate() -> Candidate:
    where = local_rules(ADA.phone, ADA.region, None, "DC", "America/New_York", DEFAULT_QUIET)
    caps = Caps((Cap(1, DAY, "day"), Cap(4, 7 * DAY, "week")))
    sent = (SentMarketing(NOON - 3 * DAY, 3), SentMarketing(NOON - 2 * DAY, 5))
    return Candidate(
        NOON, "marketing", "subscribed", "US", frozenset({"US", "CA"}), NOON + DAY, None, where, caps, sent
    )


def micros(name: str, work: Callable[[], object], limit: float = STEP_US) -> Row:
    number = 20_000
    best = min(timeit.repeat(work, number=number, repeat=5)) / number * 1e6
    return Row(name, number, best, "µs a message", limit, best / limit)


def seconds(name: str, work: Callable[[], object], limit: float) -> Row:
    best = min(timeit.repeat(work, number=1, repeat=2))
    return Row(name, 1, best, "s a picture", limit, best / limit)


def rows() -> list[Row]:
    promo = program()
    ctx, asked, block = context(promo), candidate(), promo.nodes[0].block
    photo, moving = photograph(), noisy_film()
    return [
        micros("parts: GSM-7", lambda: count(PLAIN)),
        micros("parts: an emoji", lambda: count(EMOJI)),
        micros("smart: nothing", lambda: smart(PLAIN)),
        micros("smart: five", lambda: smart(CURLY)),
        micros("first text", lambda: introduced(PLAIN, "Acme", "Reply STOP to opt out")),
        micros("rendering", lambda: block.text.render(ctx)),  # type: ignore[attr-defined]
        micros("where and when", lambda: local_rules(ADA.phone, "US", None, "DC", "America/New_York", DEFAULT_QUIET)),
        micros("all gates", lambda: first_verdict(asked)),
        micros("the whole step", lambda: block.decide(ctx)),
        seconds("photo, 12 MP", lambda: fit(photo), PHOTO_SECONDS),
        seconds("GIF, 24 frames", lambda: fit(moving), GIF_SECONDS),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--format", choices=("text", "json"), default="text")
    print(show(rows(), parser.parse_args().format))


if __name__ == "__main__":
    main()
