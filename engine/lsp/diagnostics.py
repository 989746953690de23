"""Findings as an editor shows them: place, severity, code with a link to its explanation, and the way out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lsprotocol import types

from engine.language.diagnostics import explanations
from engine.language.diagnostics.findings import Finding, visible
from engine.lsp.documents import Document

SOURCE = "leadoff"
_SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}


def diagnostic(found: Finding, document: Document) -> types.Diagnostic:
    help = f"\nhelp: {visible(found.help)}" if found.help else ""
    link = explained_at(found.code)
    return types.Diagnostic(
        range=document.range_of(found.span),
        message=f"{visible(found.message)}{help}",
        severity=_SEVERITIES[found.severity],
        code=found.code,
        code_description=types.CodeDescription(href=link) if link else None,
        source=SOURCE,
    )


@cache
def explained_at(code: str) -> str | None:
    """The URI of the line that explains a code, in the pages that come with the package; None for the code of another package's rule."""
    page = Path(explanations.__file__).parent / "explained" / f"{code[:3]}.md"
    if explanations.explanation(code) is None or not page.is_file():
        return None
    lines = page.read_text("utf-8").splitlines()
    line = next((number for number, line in enumerate(lines, 1) if line.startswith(f"## {code} ")), 1)
    return f"{page.as_uri()}#L{line}"
