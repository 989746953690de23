"""What commands share: the options that all of them have, and opening the project."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from engine.cli.shared.output import Format, remark
from engine.deploy import summary
from engine.deploy.drift import drift
from engine.deploy.project_files import PROJECT_FILE, find_project
from engine.deploy.summary import Summary
from engine.errors import Refused, UsageError
from engine.language.diagnostics.findings import did_you_mean
from engine.messaging import numbers
from engine.store import contacts, deployments, interned_names
from engine.store.contacts import StoredContact
from engine.store.database import Missing
from engine.store.sql import Connection
from engine.workspace import Workspace

W = TypeVar("W", bound=Workspace)
ProjectOption = Annotated[
    Path | None, typer.Option("--project", metavar="DIR", help="Default: the nearest folder up with a leadoff.yaml.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="For people, or one JSON object.")]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows.")]
ContactOption = Annotated[str | None, typer.Option("--contact", metavar="KEY", help="A key or a phone number.")]
FlowOption = Annotated[str | None, typer.Option("--flow", metavar="FLOW", help="Of this flow alone.")]


NOT_DEPLOYED, APPLY_FIRST = "nothing is deployed yet", "run `leadoff apply` first"


def root_of(ctx: typer.Context, project: Path | None) -> Path:
    """The project's folder: as this command says, else as `leadoff` says, else the nearest one up."""
    named = project or ctx.find_root().params.get("project")
    if named is None:
        return find_project(Path.cwd())
    folder = Path(named).absolute()
    if not (folder / PROJECT_FILE).is_file():
        raise UsageError(f"there is no {PROJECT_FILE} in {folder}", "--project names the folder that holds it")
    return folder


def opened(ctx: typer.Context, project: Path | None, missing: Missing = "refuse") -> Workspace:
    """The project on its database: `with opened(ctx, project) as workspace`.

    `missing` is as Database has it: commands that bring something in "create" one, and those that only read find an "empty" one.
    """
    return opened_as(Workspace, ctx, project, missing)


def opened_as(
    kind: type[W], ctx: typer.Context, project: Path | None, missing: Missing = "refuse", upgrade: bool = False
) -> W:
    """As `opened`, with all that such a workspace has. Where there is no database yet, stderr says so."""
    workspace = kind(root_of(ctx, project), missing=missing, upgrade=upgrade)
    if workspace.database.is_stand_in:
        remark(f"nothing is stored yet in {workspace.database.name}: `leadoff apply` begins")
    return workspace


def deployed_summary(workspace: Workspace) -> Summary | None:
    """What listings tell of the deployment; None before the first `apply`."""
    with workspace.database.reading() as db:
        stored = deployments.newest(db)
    if stored is None:
        return None
    found = summary.of_stored(stored)
    if found is None:
        # Another version applied it: only now is it compiled.
        from engine.app import App

        with App(workspace.root, workspace.environ, workspace.clock) as app:
            found = app.deployed().summary
    return found


def remark_drift(workspace: Workspace) -> None:
    """Say on stderr where the files are no longer what is deployed."""
    with workspace.database.reading() as db:
        told = drift(db, workspace.root, workspace.media_dir)
    if told:
        remark(told)


def remark_without_daemon(workspace: Workspace) -> None:
    """Say on stderr where nobody will act on what was taken."""
    if not workspace.lock.held():
        remark("no daemon runs: nothing happens until `leadoff run`")


def contact_of(name: str) -> dict[str, Any]:
    """A contact as intake takes it: what begins with + is a number, anything else a key."""
    return {"phone": name} if name.startswith("+") else {"key": name}


def known_contact(db: Connection, name: str) -> StoredContact:
    """By key, else by number. Raises Refused."""
    found = contacts.one(db, name)
    if found is None:
        if deployments.newest_id(db) is None:
            raise Refused(f"there is no contact {name}: {NOT_DEPLOYED}", APPLY_FIRST)
        number = numbers.likely(name)
        help = f"did you mean {number}? " if number else ""
        raise Refused(f"there is no contact {name}", f"{help}`leadoff contacts list` shows them")
    return found


def known_flow(db: Connection, name: str) -> int:
    """Of the project's flows, deployed now or once: not those of our own answers. Raises UsageError with the nearest."""
    if deployments.newest_id(db) is None:
        raise UsageError(f'there is no flow "{name}": {NOT_DEPLOYED}', APPLY_FIRST)
    known = {flow: id for flow, id in interned_names.load(db).flow_ids.items() if not flow.startswith("@")}
    return known[one_of(name, sorted(known), "flow")]


def one_of(word: str, choices: list[str], what: str) -> str:
    """`word` where it is one of them. Raises UsageError with the nearest."""
    if word in choices:
        return word
    help = did_you_mean(word, choices, f"one of {', '.join(choices)}") if choices else None
    raise UsageError(f'there is no {what} "{word}"', help)


PORT, SIMULATOR_PORT = 8025, 9009
