"""`parts`: what the trade makes of a text.

Invariants: it works offline and without a database; in a project, the project's prices count.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Annotated
from unicodedata import normalize

import typer

from engine.cli.parts_report import Tariff, as_json, as_lines
from engine.cli.shared.common import FormatOption, ProjectOption, root_of
from engine.cli.shared.output import Format, remark, say, say_json
from engine.deploy.project_files import LARGEST_TEXT, PROJECT_FILE, read_regular
from engine.errors import UsageError
from engine.language.check import ProjectFiles
from engine.language.check import check as checked
from engine.messaging.parts import LONGEST
from engine.messaging.smart_encoding import smart as encoded


def parts(
    ctx: typer.Context,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT | -]", help="Default, and -: standard input.")] = None,
    smart: Annotated[bool, typer.Option("--smart", help="Replace typographic characters with plain ones.")] = False,
    mms: Annotated[bool, typer.Option("--mms", help="As the text of an MMS, and of its fallback.")] = False,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> int:
    """How many parts a text takes, what it costs and why; offline, no database."""
    tariff = _tariff(ctx, project)
    written = normalize("NFC", _standard_input() if text is None or text == "-" else text)
    sent = encoded(written) if smart else written
    if format is Format.json:
        say_json(as_json(sent, tariff, mms))
    else:
        if mms:
            say(f"MMS, {len(sent):,} characters, {tariff.mms:.3f} {tariff.currency}; the fallback as an SMS:")
        for line in as_lines(written, tariff, smart):
            say(line)
    if len(sent) <= LONGEST:
        return 0
    remark(f"{len(sent):,} characters: no provider accepts more than {LONGEST:,}")
    return 1


def _standard_input() -> str:
    """Without the line break that ends its last line."""
    if sys.stdin.isatty():
        remark("write the text, then Ctrl-D")
    raw = sys.stdin.buffer.read(LARGEST_TEXT + 1)
    if len(raw) > LARGEST_TEXT:
        raise UsageError(f"this is more than {LARGEST_TEXT:,} bytes", f"a message has at most {LONGEST:,} characters")
    try:
        return re.sub(r"\r?\n\Z", "", raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        help = "save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8"
        raise UsageError(f"this is not UTF-8: byte {error.start + 1:,} does not fit", help) from None


def _tariff(ctx: typer.Context, project: Path | None) -> Tariff:
    """The project's prices; outside of one, those that a project has where it names none."""
    try:
        root = root_of(ctx, project)
    except UsageError:
        if project is not None or ctx.find_root().params.get("project") is not None:
            raise
        return Tariff()
    raw = read_regular(root, PROJECT_FILE, LARGEST_TEXT)
    if raw is None:
        raise UsageError(f"cannot read {root / PROJECT_FILE}")
    found = checked(ProjectFiles({PROJECT_FILE: raw}, lambda path: None), {}).project
    if found is None:
        raise UsageError(f"{root / PROJECT_FILE} has errors: its prices are not known", "`leadoff check` shows them")
    return Tariff(found.settings(b"", {}).prices, found.currency)
