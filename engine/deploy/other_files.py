"""What `check` says of the files beside the flows: contacts.csv, and the schemas that editors read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.contacts.csv_check import CONTACTS_FILE, contact_findings
from engine.core.block import Block
from engine.deploy.project_files import open_regular, schema_files
from engine.language.diagnostics.findings import Finding
from engine.language.jsonschema.schemas import stale_schemas
from engine.language.model.project import Project


def findings_in_other_files(
    root: Path, project: Project | None, registry: Mapping[str, type[Block]]
) -> tuple[Finding, ...]:
    """`project`: None where leadoff.yaml could not be read; then nobody knows the columns of contacts.csv."""
    found: list[Finding] = []
    stream = open_regular(root, CONTACTS_FILE) if project is not None else None
    if stream is not None and project is not None:
        with stream:
            found = contact_findings(stream, project)
    return (*found, *stale_schemas(schema_files(root), registry))
