"""The table of commands. A command's module is loaded when it is called: `leadoff --help` loads none of them."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from engine import __version__


class Entry(NamedTuple):
    where: str  # module:attribute, a function or a typer.Typer
    help: str


COMMANDS = {
    "init": Entry("init:init", "Make a project that runs as it stands."),
    "check": Entry("check:check", "Show all that is wrong with a project; offline, no database."),
    "rule": Entry("rule:rule", "Say what a finding means, with a bad and a good example."),
    "fmt": Entry("fmt:fmt", "Bring files into the one layout; comments and meaning stay."),
    "schema": Entry("schema:schema", "JSON Schemas for editors, with the installed blocks."),
    "parts": Entry("parts:parts", "How many parts a text takes, what it costs and why."),
    "media": Entry("media:app", "What a picture becomes on its way to a phone."),
    "apply": Entry("apply:apply", "Deploy the project; waiting contacts follow."),
    "demo": Entry("demo:demo", "The main job from end to end, days in seconds; texts nobody."),
    "run": Entry("run:run", "The daemon: time, delivery, callbacks, tracked links."),
    "simulator": Entry("simulator:simulator", "The loopback provider alone."),
    "event": Entry("event:event", "Say what a contact did."),
    "events": Entry("events:many", "Take events from a file."),
    "start": Entry("start:start", "Start a contact on a flow that has a manual trigger."),
    "contacts": Entry("contacts:app", "Import, export, list, show and forget contacts; their consent."),
    "segments": Entry("segments:segments", "Who is in a segment; without a name, how many are in each."),
    "runs": Entry("runs:app", "Who is where; retry or end one of them."),
    "messages": Entry("messages:outgoing", "Every message and what became of it; settle an unknown one."),
    "reconcile": Entry("reconcile:reconcile", "Ask the providers for all `unknown` messages now."),
    "send-test": Entry("send_test:send_test", "Send one step's message to a number of your own."),
    "flows": Entry("flows:app", "How many are in each flow; pause or resume one."),
    "stats": Entry("stats:stats", "Who entered, how they left, what became of each message."),
    "hold": Entry("hold:hold", "Send nothing until `release`."),
    "release": Entry("release:release", "Send again."),
    "explain": Entry("explain:explain", "The story of one contact: what happened, and why."),
    "notices": Entry("notices:app", "What a person should look at; say that it is done."),
    "token": Entry("token:app", "Create, list and revoke API tokens."),
    "db": Entry("db:app", "Bring the database up to date, or check it."),
    "doctor": Entry("doctor:doctor", "The effective configuration, and what is amiss."),
}


class Lazy(TyperGroup):
    """Lists the table; loads a command when it is to be run."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return list(self.commands)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else None, rest


def load(name: str) -> Any:
    """The command itself, from its module."""
    module, _, attribute = COMMANDS[name].where.partition(":")
    found = getattr(import_module(f"engine.cli.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name)(found)
        found = single
    loaded = get_command(found)
    loaded.name = name
    return loaded


@cache
def command() -> Any:
    """`leadoff` itself."""
    group = typer.Typer(cls=Lazy, add_completion=False, rich_markup_mode=None)
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
    """SMS and MMS automations as code."""
