"""From text to Program: read, check, compile. Pure: the files and a look at the media are handed in."""

from __future__ import annotations

from engine.language.compiler import canonical_hash, compile_project
from engine.language.fields import BadValue
from engine.language.loading import Checked, ProjectFiles, check
from engine.language.problems import Finding, summary
from engine.language.project import convert_contact, convert_event
from engine.language.rendering import render

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
