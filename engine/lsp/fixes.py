"""What `check --fix` and `fmt` would write, as edits."""

from __future__ import annotations

from collections.abc import Iterable

from lsprotocol import types

from engine.language.diagnostics.findings import Finding
from engine.language.formatter.layout import NotLaidOut, laid_out
from engine.language.jsonschema.schemas import schema_of, schemas
from engine.language.lint.fixes import Edit, edits
from engine.language.source import strict_yaml
from engine.lsp.diagnostics import diagnostic
from engine.lsp.documents import Document
from engine.registry import registry

FIX_ALL = types.CodeActionKind.SourceFixAll
ADDED_BY_FMT = "LO204"  # a step without its id


def text_edits(document: Document, wanted: Iterable[Edit]) -> list[types.TextEdit]:
    return [types.TextEdit(document.range(start, end), instead) for start, end, instead in wanted]


def actions(
    uri: str, document: Document, findings: Iterable[Finding], chosen: types.Range, only: Iterable[str] | None
) -> list[types.CodeAction]:
    """A fix for each finding that touches the chosen lines, and one for all of the file."""
    fixable = [found for found in findings if found.instead is not None]
    made: list[types.CodeAction] = []
    for found in fixable if _wanted(only, types.CodeActionKind.QuickFix) else ():
        shown = diagnostic(found, document)
        if shown.range.start.line <= chosen.end.line and shown.range.end.line >= chosen.start.line:
            changes = {uri: text_edits(document, edits(document.source, [found]))}
            made.append(
                types.CodeAction(
                    title=f"Fix {found.code}: {found.help or found.message}", kind=types.CodeActionKind.QuickFix,
                    diagnostics=[shown], edit=types.WorkspaceEdit(changes=changes), is_preferred=True,
                )
            )  # fmt: skip
    if fixable and _wanted(only, FIX_ALL):
        changes = {uri: text_edits(document, edits(document.source, fixable))}
        title = "Fix all that `leadoff check --fix` fixes"
        made.append(types.CodeAction(title=title, kind=FIX_ALL, edit=types.WorkspaceEdit(changes=changes)))
    return made


def formatted(path: str, document: Document, findings: Iterable[Finding]) -> list[types.TextEdit]:
    """As `leadoff fmt` lays the file out. Raises NotLaidOut."""
    wrong = [found for found in findings if found.severity == "error" and found.code != ADDED_BY_FMT]
    if wrong:
        raise NotLaidOut("this file has errors: it is formatted when they are mended", wrong[0].span.line)
    read = strict_yaml.read(path, document.source.encode("utf-8", "replace"))
    text = laid_out(read, schemas(registry())[schema_of(path)])
    return [] if text == document.source else text_edits(document, [Edit(0, len(document.source), text)])


def _wanted(only: Iterable[str] | None, kind: str) -> bool:
    """An editor may ask for some kinds alone: `source` means `source.fixAll` too."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") for each in only)
