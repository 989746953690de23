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
    "init": Entry("authoring:init", "Make a project that runs as it stands."),
    "check": Entry("checking:check", "Show all that is wrong with a project; offline, no database."),
    "rule": Entry("checking:rule", "Say what a finding means, with a bad and a good example."),
    "fmt": Entry("shaping:fmt", "Bring files into the one layout; comments and meaning stay."),
    "schema": Entry("shaping:schema", "JSON Schemas for editors, with the installed blocks."),
    "parts": Entry("trade:parts", "How many parts a text takes, what it costs and why."),
    "media": Entry("pictures:app", "What a picture becomes on its way to a phone."),
    "apply": Entry("deploying:apply", "Deploy the project; waiting contacts follow."),
    "demo": Entry("playing:demo", "The main job from end to end, days in seconds; texts nobody."),
    "run": Entry("serving:run", "The daemon: time, delivery, callbacks, tracked links."),
    "simulator": Entry("serving:simulator", "The loopback provider alone."),
    "event": Entry("intake:event", "Say what a contact did."),
    "events": Entry("intake:many", "Take events from a file."),
    "start": Entry("intake:start", "Start a contact on a flow that has a manual trigger."),
    "contacts": Entry("people:app", "Import, export, list, show and forget contacts; their consent."),
    "segments": Entry("segments:segments", "Who is in a segment; without a name, how many are in each."),
    "runs": Entry("listing:app", "Who is where; retry or end one of them."),
    "messages": Entry("listing:outgoing", "Every message and what became of it; settle an unknown one."),
    "reconcile": Entry("settling:reconcile", "Ask the providers for all `unknown` messages now."),
    "send-test": Entry("trying:send_test", "Send one step's message to a number of your own."),
    "flows": Entry("stopping:app", "How many are in each flow; pause or resume one."),
    "stats": Entry("measuring:stats", "Who entered, how they left, what became of each message."),
    "hold": Entry("stopping:hold", "Send nothing until `release`."),
    "release": Entry("stopping:release", "Send again."),
    "explain": Entry("explaining:explain", "The story of one contact: what happened, and why."),
    "notices": Entry("noticing:app", "What a person should look at; say that it is done."),
    "token": Entry("tokens:app", "Create, list and revoke API tokens."),
    "db": Entry("upkeep:app", "Bring the database up to date, or check it."),
    "doctor": Entry("upkeep:doctor", "The effective configuration, and what is amiss."),
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
