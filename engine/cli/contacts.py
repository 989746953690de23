"""`contacts`: who can be texted, and who may be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from engine.cli.shared import errors_file
from engine.cli.shared.common import FormatOption, LimitOption, ProjectOption, deployed_summary, known_contact, opened
from engine.cli.shared.output import (
    Format,
    cell,
    remark,
    say,
    say_json,
    say_json_list,
)
from engine.cli.shared.tables import say_table
from engine.contacts import consent
from engine.errors import UsageError
from engine.messaging import numbers
from engine.store import contacts, forgetting
from engine.store.database import Database
from engine.store.queries import listings, search
from engine.store.queries.listings import ListingFilter
from engine.store.sql import NO_LIMIT, Row
from engine.views import consents, personal_data, public_rows
from engine.workspace import Workspace

app = typer.Typer(add_completion=False, rich_markup_mode=None)
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="A key or a phone number.")]
SourceOption = Annotated[str, typer.Option("--source", metavar="S", help="Where they said so; stored as proof.")]
WriteConsent = Callable[[Database, str, str, int], bool]
"""(database, number, source, now) -> whether that changed something."""
COLUMNS = {
    "key": "key",
    "phone": "phone",
    "name": "name",
    "consent": "consent",
    "country": "country",
    "timezone": "zone",
}


@app.callback()
def people() -> None:
    """Import, export, list, show, renumber and forget contacts; their consent."""


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="`-` reads the standard input.")],
    export: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="SHOP", help="It is an export of shopify, woocommerce, klaviyo, omnisend or mailchimp."
        ),
    ] = None,
    map: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="COLUMN=FIELD", help="What a column of the file is; may be repeated."),
    ] = None,
    ignore_unknown: Annotated[
        bool, typer.Option("--ignore-unknown", help="Leave columns out that are no fields; they are named.")
    ] = False,
    quietly: Annotated[bool, typer.Option("--quietly", help="Nobody enters a flow because of this import.")] = False,
    errors: Annotated[
        Path | None,
        typer.Option(
            "--errors", metavar="FILE", help="Where rejected rows go; default: people.errors.csv for people.csv."
        ),
    ] = None,
    suppress: Annotated[
        bool, typer.Option("--suppress", help="Opt out every number of the file; none becomes a contact.")
    ] = False,
    source: Annotated[
        str | None, typer.Option("--source", metavar="S", help="With --suppress: where the opt-outs come from.")
    ] = None,
    format: FormatOption = Format.text,
    country: Annotated[
        str | None, typer.Option("--country", metavar="CC", help="National numbers are those of this country: US.")
    ] = None,
    project: ProjectOption = None,
) -> int:
    """Take contacts from a CSV; the same file twice changes nothing. Exit 1 where rows were rejected."""
    from engine.cli import contacts_import
    from engine.contacts.csv_layout import Layout

    if suppress is (source is None):
        help = "contacts import FILE.csv --suppress --source 'list of the old provider'"
        raise UsageError("--suppress and --source go together", help)
    if suppress and (export or map or ignore_unknown or quietly):
        raise UsageError(
            "--suppress reads the column phone alone", "leave out --from, --map, --ignore-unknown and --quietly"
        )
    rejects = errors_file.place_of(file, errors, "contacts")
    if source is not None:
        return contacts_import.suppress(ctx, project, file, rejects, _checked(source), country_of(country), format)
    layout = Layout(_renames(map or []), export, ignore_unknown)
    return contacts_import.take(ctx, project, file, rejects, layout, quietly, country_of(country), format)


def _renames(pairs: list[str]) -> dict[str, str]:
    """Column of the file -> ours. Raises UsageError."""
    found: dict[str, str] = {}
    for pair in pairs:
        column, sign, ours = pair.rpartition("=")
        if not sign or not column.strip() or not ours.strip():
            raise UsageError(f'--map "{pair[:80]}" names no field', '--map "Phone Number=phone"')
        found[column.strip()] = ours.strip()
    return found


def country_of(text: str | None) -> str | None:
    """Raises UsageError for what is no country's two letters."""
    if text is None or numbers.is_region(text.upper()):
        return text and text.upper()
    raise UsageError(f'--country "{text[:40]}" is no country', "two letters, like US, CA or GB")


@app.command("list")
def list_(
    ctx: typer.Context,
    words: Annotated[
        str | None,
        typer.Option("--search", metavar="TEXT", help="A name, an e-mail address, a part of the number or of the key."),
    ] = None,
    format: FormatOption = Format.text,
    limit: LimitOption = None,
    project: ProjectOption = None,
) -> None:
    """All contacts with their consent, or those that a search finds."""
    with opened(ctx, project, "empty") as app:
        if words is not None:
            found = _found(app, words, limit)
        else:
            found = listings.paged(app.database, listings.page_of_contacts, ListingFilter(limit=limit))
        now = app.clock.now()
        if format is Format.json:
            say_json_list("contacts", (public_rows.contact(row, now) for row in found))
        else:
            told = (row | {"name": _name(row), "consent": consents.words(row, now)} for row in found)
            say_table(told, COLUMNS, "no contacts" if words is None else f"no contact has {words.strip()[:40]!r}")


def _found(app: Workspace, words: str, limit: int | None) -> Iterator[dict[str, Any]]:
    """Raises UsageError for a search that would find everybody."""
    if not words.strip():
        raise UsageError(
            "--search is empty", 'a name, an e-mail address, or four digits of a number: --search "Lovelace"'
        )
    with app.database.reading() as db:
        hits = [hit.id for hit in search.contacts(db, words.strip()[:200], NO_LIMIT if limit is None else limit)]
    for first in range(0, len(hits), listings.PAGE):
        with app.database.reading() as db:
            page = listings.contacts_of(db, hits[first : first + listings.PAGE])
        yield from page


@app.command()
def show(
    ctx: typer.Context,
    key: KeyArgument,
    all: Annotated[bool, typer.Option("--all", help="Everything that is stored about it, as JSON.")] = False,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """One contact: fields, consent and where it came from; with --all everything that is stored about it."""
    with opened(ctx, project, "empty") as app:
        if all:
            say_json(personal_data.of_phone(app.database, _phone(app, key), deployed_summary(app), app.clock.now()))
            return
        with app.database.reading() as db:
            who = known_contact(db, key)
            (found,) = listings.contacts(db, contact=who.id)
            log = public_rows.consent_log(db, who.phone)
        now = app.clock.now()
    row = public_rows.contact(found, now)
    if format is Format.json:
        say_json({"contact": row | {"consent_log": log}})
        return
    row["consent"] = consents.words(found, now, never="")
    for name, value in {**{k: v for k, v in row.items() if k != "fields"}, **row["fields"]}.items():
        say(f"{name:<16}{cell(value)}")
    for each in log:
        say(f"{'consent log':<16}{each['at']}  {each['status']}{_until(each)}  {each['source']}")


def _until(logged: Row) -> str:
    return f" until {logged['expires']}" if logged["expires"] else ""


@app.command()
def subscribe(
    ctx: typer.Context,
    key: KeyArgument,
    source: SourceOption,
    expires: Annotated[
        str | None,
        typer.Option("--expires", metavar="DATE", help="From then on the consent is none; never by default."),
    ] = None,
    project: ProjectOption = None,
) -> None:
    """Record that a number may be texted; lifts an opt-out."""

    def write(database: Database, phone: str, source: str, now: int) -> bool:
        from engine.cli.shared.instants import later_instant  # only here is the language loaded

        ends = None if expires is None else later_instant(expires, "--expires", now)
        return consent.subscribe(database, phone, source, now, ends)

    _consent(ctx, project, key, source, write, "subscribed")


@app.command()
def unsubscribe(ctx: typer.Context, key: KeyArgument, source: SourceOption, project: ProjectOption = None) -> None:
    """Record an opt-out: what waits is cancelled, marketing runs end."""
    _consent(ctx, project, key, source, consent.unsubscribe, "unsubscribed")


def _consent(ctx: typer.Context, project: Path | None, key: str, source: str, write: WriteConsent, word: str) -> None:
    source = _checked(source)
    with opened(ctx, project, "create") as app:
        phone = _phone(app, key)
        changed = write(app.database, phone, source, app.clock.now())
        with app.database.reading() as db:
            stranger = contacts.of_phone(db, phone) is None
        app.wake_daemon()
    say(f"{key}: {word}" if changed else f"{key}: {word} already")
    if stranger:
        remark(f"{key} is not a contact yet: the consent is stored for the number")


def _checked(source: str) -> str:
    if not source.strip():
        raise UsageError("--source is empty", "it says where the consent came from: --source 'phone call'")
    return source.strip()[:200]


@app.command()
def renumber(
    ctx: typer.Context,
    key: KeyArgument,
    to: Annotated[str, typer.Option("--to", metavar="PHONE", help="The new number, in E.164.")],
    project: ProjectOption = None,
) -> None:
    """Give a contact another number: what waits for the old one is cancelled, the rest goes on by the new one's consent."""
    from engine.cli import contacts_renumber

    contacts_renumber.renumber(ctx, project, key, to)


@app.command()
def forget(ctx: typer.Context, key: KeyArgument, project: ProjectOption = None) -> None:
    """Delete everything personal of a number, for good. An opt-out stays as a keyed hash."""
    with opened(ctx, project) as app:
        done = forgetting.forget(app.database, _phone(app, key), app.clock.now())
    became = "forgotten; its opt-out is kept as a keyed hash" if done.opt_out_kept else "forgotten"
    say(f"{key}: {became if done.known else 'nothing was stored about it'}")
    if not done.log_cleared:
        remark(
            "what was deleted is still in the database's files, where no statement finds it: a daemon clears them within the hour"
        )


@app.command()
def export(
    ctx: typer.Context,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: the standard output.")
    ] = None,
    project: ProjectOption = None,
) -> None:
    """All contacts with their consent, as CSV that `contacts import` reads."""
    from engine.cli import contacts_export

    contacts_export.export(ctx, project, output)


def _phone(workspace: Workspace, key: str) -> str:
    """Consent belongs to the number, so one that is no contact yet can have it too."""
    with workspace.database.reading() as db:
        return consent.phone_of(db, key) or known_contact(db, key).phone


def _name(row: dict[str, Any]) -> str:
    names = (row["fields"].get("first_name"), row["fields"].get("last_name"))
    return " ".join(str(name) for name in names if name)
