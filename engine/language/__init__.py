"""From text to Program: read, check, compile. Pure: the files and a look at the media are handed in."""

from __future__ import annotations

from engine.language.compiler import canonical_hash, compile_project
from engine.language.diagnostics.findings import Finding, summary
from engine.language.diagnostics.rendering import render
from engine.language.loading import Checked, ProjectFiles, check
from engine.language.model.project import convert_contact, convert_event
from engine.language.values.fields import BadValue

__all__ = [
    "BadValue",
    "Checked",
    "Finding",
    "ProjectFiles",
    "canonical_hash",
    "check",
    "compile_project",
    "convert_contact",
    "convert_event",
    "render",
    "summary",
]
