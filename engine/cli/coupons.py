"""`coupons`: pools of coupon codes. Counts are shown, never a code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared import errors_file
from engine.cli.shared.common import FormatOption, ProjectOption, opened
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, Pace, remark, say, say_import
from engine.cli.shared.terminal import Tell, with_progress
from engine.deploy.project_files import PROJECT_FILE, project_texts
from engine.errors import UsageError
from engine.intake import coupon_import
from engine.intake.coupon_import import CouponsImported
from engine.language.check import project_of
from engine.language.diagnostics.findings import counted
from engine.language.model.coupons import CouponModel
from engine.language.model.unreadable import UNREADABLE
from engine.store import coupons
from engine.workspace import Workspace

app = typer.Typer(add_completion=False, rich_markup_mode=None)
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A coupon of leadoff.yaml.")]
COLUMNS = {
    "coupon": "coupon",
    "left": "left",
    "given": "given",
    "expired": "of these expired",
    "held_back": "held back",
    "says": "",
}


@app.callback()
def pools() -> None:
    """Fill pools of coupon codes; how many are left."""


@app.command("import")
def import_(
    ctx: typer.Context,
    name: NameArgument,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A code a line, or a CSV with a column `code`; - for stdin.")
    ],
    errors: Annotated[
        Path | None,
        typer.Option(
            "--errors", metavar="FILE", help="Where rejected lines go; default: codes.errors.csv for codes.csv."
        ),
    ] = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> int:
    """Put codes into a pool; the same file twice changes nothing. Exit 1 where lines were rejected."""
    rejects = errors_file.place_of(file, errors, "coupons")
    with opened(ctx, project, "create") as workspace:
        length = coupon_import.declared(_declared(workspace), name).length
        now = workspace.clock.now()

        def work(tell: Tell) -> tuple[CouponsImported, Pace]:
            done = coupon_import.import_file(workspace.database, name, length, file, rejects, now, tell)
            return done, tell.pace()

        done, pace = with_progress(work, "codes")
    if done.elsewhere:
        remark(f"{counted(done.elsewhere, 'code')} left out: another coupon has them, and no code is given twice")
    line = f"{done.new:,} new, {done.already:,} already there"
    return say_import(line, {"coupon": name, **done._asdict()}, rejects, format, pace)


@app.command("list")
def list_(ctx: typer.Context, format: FormatOption = Format.text, project: ProjectOption = None) -> None:
    """How many codes of each coupon are left, given, expired and held back."""
    with opened(ctx, project, "empty") as workspace:
        declared = _declared(workspace)
        lasts = {name: coupon.compiled().lasts for name, coupon in declared.items()}
        with workspace.database.reading() as db:
            rows = coupons.counts(db, lasts, workspace.clock.now())
    for row in rows:
        coupon = declared.get(row["coupon"])
        low = coupon is not None and 0 < row["left"] <= coupon.low
        row["says"] = "not in leadoff.yaml" if coupon is None else "low" if low else "" if row["left"] else "empty"
    say_listing(format, "coupons", rows, COLUMNS, "no coupons")


@app.command()
def release(ctx: typer.Context, name: NameArgument, project: ProjectOption = None) -> None:
    """Give the codes again that are held back since the database was put back: none of them was given since its backup."""
    with opened(ctx, project) as workspace:
        coupon_import.declared(_declared(workspace), name)
        now = workspace.clock.now()
        count = workspace.database.write(lambda db: coupons.release(db, name, now))
    say(f"{name}: {counted(count, 'code')} can be given again")


def _declared(workspace: Workspace) -> dict[str, CouponModel]:
    """What leadoff.yaml says, deployed or not: a pool is filled before its flow begins."""
    found = project_of(project_texts(workspace.root)[0][PROJECT_FILE])
    broken = found is None or found.coupons is UNREADABLE
    if found is None or broken or any(coupon.length is UNREADABLE for coupon in found.coupons.values()):
        raise UsageError(f"the coupons of {PROJECT_FILE} cannot be read", "`leadoff check` says why")
    return dict(found.coupons)
