"""`token`: who may use the API, and for what."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.shared.common import FormatOption, ProjectOption, one_of, opened
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, say
from engine.clock import instant
from engine.errors import Refused, UsageError
from engine.store import tokens
from engine.store.queries import listings

app = typer.Typer(add_completion=False, rich_markup_mode=None)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Your choice: who or what uses it.")]
LONGEST_NAME = 100
COLUMNS = {"name": "name", "scope": "scope", "created_at": "created", "revoked_at": "revoked"}


@app.callback()
def keys() -> None:
    """Create, list and revoke API tokens."""


@app.command()
def create(
    ctx: typer.Context,
    name: NameArgument,
    scope: Annotated[str, typer.Option("--scope", metavar="|".join(tokens.SCOPES), help="What it may do.")],
    project: ProjectOption = None,
) -> None:
    """Make a token and print it; it is shown only once."""
    one_of(scope, list(tokens.SCOPES), "scope")
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise UsageError(f"a token's name has 1 to {LONGEST_NAME} visible characters")
    with opened(ctx, project, "create") as app:
        made = app.database.write(lambda db: tokens.create(db, name, scope, app.clock.now()))
    say(made)


@app.command("list")
def list_(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> None:
    """All tokens, by name; the tokens themselves are not stored."""
    with opened(ctx, project, "empty") as app, app.database.reading() as db:
        rows = listings.tokens(db)
    rows = [row | {key: instant(row[key]) for key in ("created_at", "revoked_at")} for row in rows]
    say_listing(format, "tokens", rows, COLUMNS, "no tokens")


@app.command()
def revoke(ctx: typer.Context, name: NameArgument, project: ProjectOption = None) -> None:
    """Revoke a token; the next request with it is refused."""
    with opened(ctx, project) as app:
        if not app.database.write(lambda db: tokens.revoke(db, name, app.clock.now())):
            raise Refused(f"there is no token {name} to revoke", "`leadoff token list` shows them")
    say(f"{name}: revoked")
