"""The table of commands. A command's module is loaded when it is called: `leadoff --help` loads none of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from engine import __version__
from engine.cli.examples import EXAMPLES


class Entry(NamedTuple):
    where: str  # module:attribute, a function or a typer.Typer
    help: str
    example: str


GROUPS: dict[str, dict[str, Entry]] = {
    "Write and check": {
        "init": Entry(
            "init:init", "Make a project that runs without changes.", "leadoff init my-shop --template welcome"
        ),
        "check": Entry(
            "check:check", "Show every mistake in a project; offline, no database.", "leadoff check --strict"
        ),
        "rule": Entry("rule:rule", "Explain a finding, with a bad and a good example.", "leadoff rule LO202"),
        "fmt": Entry("fmt:fmt", "Format files; comments and meaning stay.", "leadoff fmt --check"),
        "schema": Entry(
            "schema:schema", "JSON Schemas for editors, with the installed blocks.", "leadoff schema --write"
        ),
        "lsp": Entry("lsp:lsp", "The language server: findings and completion in your editor.", "leadoff lsp"),
        "parts": Entry(
            "parts:parts",
            "How many parts a text takes, what it costs and why.",
            'leadoff parts --smart "It’s here: the spring drop"',
        ),
        "graph": Entry(
            "graph:graph",
            "Draw a flow, with the pictures and prices of its messages.",
            "leadoff graph welcome -o welcome.svg",
        ),
        "media": Entry(
            "media:app",
            "What is sent of a picture.",
            "leadoff media fit media/hero.jpg -o hero-on-the-phone.jpg",
        ),
    },
    "Try, deploy, run": {
        "test": Entry(
            "test:run_tests",
            "Run flow tests: offline, on a virtual clock; nobody is texted.",
            "leadoff test flows/ -k reminder",
        ),
        "simulate": Entry(
            "simulate:simulate",
            "Who would get what and when, and what it costs; nothing is sent.",
            "leadoff simulate spring-drop --contacts contacts.csv",
        ),
        "demo": Entry(
            "demo:demo",
            "The main job from end to end, days in seconds; no phone gets a text.",
            "leadoff demo --template abandoned-cart",
        ),
        "plan": Entry(
            "plan:plan",
            "What `apply` would change, whom it touches, and what becomes of those who wait.",
            "leadoff plan --detailed-exitcode",
        ),
        "backtest": Entry(
            "backtest:backtest",
            "What recorded people would get from your files instead of another revision's.",
            "leadoff backtest --against main --events people.ndjson",
        ),
        "apply": Entry("apply:apply", "Deploy the project; waiting contacts follow.", "leadoff apply --yes"),
        "run": Entry("run:run", "The daemon: time, delivery, callbacks, tracked links.", "leadoff run --port 8025"),
        "simulator": Entry("simulator:simulator", "The loopback provider alone.", "leadoff simulator --fault 429:3"),
    },
    "People and what they do": {
        "contacts": Entry(
            "contacts:app",
            "Import, export, list, show, renumber and forget contacts; their consent.",
            "leadoff contacts import contacts.csv",
        ),
        "segments": Entry(
            "segments:segments",
            "Who is in a segment; without a name, how many are in each.",
            "leadoff segments vip --format json",
        ),
        "event": Entry(
            "event:event",
            "Report what a contact did.",
            'leadoff event list.joined --contact +12025550143 --data \'{"list": "vip"}\'',
        ),
        "events": Entry(
            "events:many",
            "Take events from a file, or write what people did into one.",
            "leadoff events import joins.ndjson",
        ),
        "sources": Entry(
            "sources:app",
            "What a shop's webhooks become, and became; the pictures of its products.",
            "leadoff sources try store checkout.json --topic checkouts/update",
        ),
        "coupons": Entry(
            "coupons:app",
            "Fill pools of coupon codes; how many are left.",
            "leadoff coupons import spring10 codes.csv",
        ),
        "text": Entry(
            "text:text",
            "Text a simulator sender as a person's phone does, while `run` runs.",
            'leadoff text +12025550143 "YES"',
        ),
        "click": Entry(
            "click:click",
            "Open a message's link as the person does who got it; of a simulator sender, while `run` runs.",
            "leadoff click 12 shop",
        ),
        "start": Entry(
            "start:start",
            "Start a contact on a flow that has a manual trigger.",
            "leadoff start welcome --contact +12025550143",
        ),
    },
    "See what happens": {
        "explain": Entry("explain:explain", "What happened to one contact, and why.", "leadoff explain +12025550143"),
        "dev": Entry("dev:dev", "See what a flow does while you write it: phones on a page.", "leadoff dev"),
        "upcoming": Entry(
            "upcoming:upcoming",
            "What will leave and when, if nobody reacts.",
            "leadoff upcoming --flow welcome --next 2d",
        ),
        "runs": Entry(
            "runs:app",
            "Which runs are at which step; move, retry or end one, or all at a step.",
            "leadoff runs --flow welcome --status waiting",
        ),
        "messages": Entry(
            "messages:outgoing",
            "List messages and their results; resolve an unknown one.",
            "leadoff messages --status failed --limit 20",
        ),
        "flows": Entry(
            "flows:app", "How many runs are in each flow; pause, resume, stop or roll back one.", "leadoff flows"
        ),
        "stats": Entry(
            "stats:stats", "Who entered, how they left, what became of each message.", "leadoff stats welcome"
        ),
        "notices": Entry("notices:app", "What a person should look at; mark it as done.", "leadoff notices"),
    },
    "Operate": {
        "send-test": Entry(
            "send_test:send_test",
            "Send one step's message to a number of your own.",
            "leadoff send-test welcome hello --to +12025550143",
        ),
        "hold": Entry("hold:hold", "Send nothing until `release`.", "leadoff hold"),
        "release": Entry("release:release", "End a `hold`.", "leadoff release"),
        "daemons": Entry(
            "daemons:daemons", "The daemons of a PostgreSQL database, and whether each lives.", "leadoff daemons"
        ),
        "reconcile": Entry(
            "reconcile:reconcile", "Ask the providers for all `unknown` messages now.", "leadoff reconcile"
        ),
        "token": Entry("token:app", "Create, list and revoke API tokens.", "leadoff token create shop --scope events"),
        "db": Entry(
            "db:app",
            "Back the database up, put it back, check it, move it to PostgreSQL.",
            "leadoff db backup shop-2027-04-01.db",
        ),
        "doctor": Entry("doctor:doctor", "The effective configuration, and all problems.", "leadoff doctor"),
    },
}
COMMANDS = {name: entry for entries in GROUPS.values() for name, entry in entries.items()}


class Lazy(TyperGroup):
    """Lists the table; loads a command when it is to be run."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else None, rest

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]
        for title, entries in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.help) for name, entry in entries.items()])


def load(name: str) -> Any:
    """The command itself, from its module."""
    return _loaded(name, COMMANDS[name])


@cache
def _loaded(name: str, entry: Entry) -> Any:
    module, _, attribute = entry.where.partition(":")
    found = getattr(import_module(f"engine.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name)(found)
        found = single
    loaded = get_command(found)
    loaded.name = name
    loaded.epilog = _example(entry.example)
    for each, command in getattr(loaded, "commands", {}).items():
        command.epilog = _example(EXAMPLES[f"{name} {each}"])
    return loaded


def _example(words: str) -> str:
    return f"\b\nExample: {words}"  # \b: not wrapped, so that it can be copied


@cache
def command() -> Any:
    """`leadoff` itself."""
    names = {"help_option_names": ["-h", "--help"]}  # the commands inherit them
    group = typer.Typer(cls=Lazy, rich_markup_mode=None, context_settings=names)
    group.callback()(leadoff)
    made = get_command(group)
    assert isinstance(made, Lazy)
    for name, entry in COMMANDS.items():
        made.add_command(TyperCommand(name, help=entry.help, rich_markup_mode=None))
    return made


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"leadoff {__version__}")
        raise typer.Exit


def leadoff(
    project: str | None = typer.Option(
        None, "--project", metavar="DIR", help="Default: the nearest folder up with a leadoff.yaml."
    ),
    version: bool = typer.Option(
        False, "--version", help="Print the version and end.", is_eager=True, callback=_version
    ),
) -> None:
    """SMS and MMS automations as code. `leadoff COMMAND --help` shows an example of each."""
