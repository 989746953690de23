"""Renaming a step: its id, all that points at it in its flow and the tests, and `moved` where contacts may wait at the old id. Renaming a
link or a segment: its declaration, and all that uses it in the project.

Invariants: where nobody can say whether contacts wait there, `moved` is written: a line too much loses nobody. The database keeps clicks by
the name of their link and members by that of their segment, and nothing leads from the old name to the new one: a link or segment that the
last commit or the database has is not renamed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from engine.deploy import git
from engine.errors import Refused
from engine.language.lint.context import PROJECT_FILE, Draft
from engine.language.lint.fixes import Edit
from engine.language.source import strict_yaml
from engine.language.source.composer import WORDS
from engine.language.values.scalars import LinkName, SegmentName, StepId
from engine.lsp.documents import Document
from engine.lsp.names import LINK, SEGMENT, STEP, Mention, Name, ids_in
from engine.workspace import DEFAULT_DATABASE

log = logging.getLogger("leadoff.lsp")
_NAMES: Mapping[str, TypeAdapter[str]] = {
    STEP: TypeAdapter(StepId),
    LINK: TypeAdapter(LinkName),
    SEGMENT: TypeAdapter(SegmentName),
}


class Renamed(NamedTuple):
    """What changes in one file."""

    file: str
    edits: tuple[Edit, ...]


def refuse_bad(draft: Draft, new: str) -> None:
    """Raises Refused where a step of the flow cannot be called that."""
    _refuse_no_name(STEP, new)
    if new in draft.written_ids():
        raise Refused(f'the flow has a step "{new}" already', "choose another name")
    if new in (draft.document.data.get("removed") or {}):
        raise Refused(f'`removed` says that "{new}" was taken out', "choose another name, or take that line out first")


def renamed(
    root: Path, draft: Draft, mentioned: Iterable[Mention], old: str, new: str, documents: Mapping[str, Document]
) -> list[Renamed]:
    """`documents`: by file. Raises Refused."""
    refuse_bad(draft, new)
    moved = draft.document.data.get("moved")
    moved = dict(moved) if isinstance(moved, dict) else {}
    ours = [each for each in mentioned if each.name.kind == STEP and each.name[1:] == (old, draft.path)]
    edits = _edits((each for each in ours if each.loc[:1] != ("moved",)), new, documents)
    waits = may_be_deployed(root, draft.path, old)
    led = _led(moved, old, new, waits)
    if led != moved:
        edits.setdefault(draft.path, []).append(_moved(draft, documents[draft.path], led))
    return _sorted(edits)


_KEPT = {
    LINK: "clicks in messages that were sent are known by it",
    SEGMENT: "who is in it is known by it",
}


def renamed_everywhere(
    root: Path, mentioned: Iterable[Mention], of: Name, new: str, documents: Mapping[str, Document]
) -> list[Renamed]:
    """A link or a segment. `documents`: by file. Raises Refused."""
    mentioned = list(mentioned)
    _refuse_no_name(of.kind, new)
    if any(each.name == of._replace(name=new) for each in mentioned):
        raise Refused(f'there is a {of.kind} "{new}" already', "choose another name")
    if may_be_declared(root, of, {each.file for each in mentioned if each.name == of and each.declares}):
        help = f"declare {new} beside it, and take {of.name} out once nothing needs it any more"
        raise Refused(f'the {of.kind} "{of.name}" may be deployed, and {_KEPT[of.kind]}', help)
    return _sorted(_edits((each for each in mentioned if each.name == of), new, documents))


def _refuse_no_name(kind: str, new: str) -> None:
    try:
        _NAMES[kind].validate_python(new)
    except ValidationError as error:
        raise Refused(
            str(error.errors(include_url=False)[0]["msg"]), "letters, digits and _, beginning with a letter"
        ) from None
    if new in WORDS:
        raise Refused(f'"{new}" is no text in YAML', "choose another name")


def _edits(mentioned: Iterable[Mention], new: str, documents: Mapping[str, Document]) -> dict[str, list[Edit]]:
    """By file: each of them is called `new`."""
    edits: dict[str, list[Edit]] = {}
    for each in mentioned:
        edits.setdefault(each.file, []).append(Edit(*documents[each.file].offsets(each.span), new))
    return edits


def _sorted(edits: Mapping[str, list[Edit]]) -> list[Renamed]:
    return [Renamed(file, tuple(sorted(each))) for file, each in edits.items()]


def may_be_declared(root: Path, of: Name, paths: Iterable[str]) -> bool:
    """Whether the last commit or the project's own database has that link or segment in one of these files; also where that cannot be
    read."""
    stored = _deployed_files(root)
    if stored is None:
        return True
    committed = git.commit_of(root, "HEAD") is not None
    for path in paths:
        kept = git.content_at(root, "HEAD", path) if committed else None
        if _declares(kept, of) or (path in stored and _declares(stored[path].encode(), of)):
            return True
    return False


def _declares(raw: bytes | None, of: Name) -> bool:
    data = strict_yaml.read(PROJECT_FILE, raw).data if raw is not None else None
    if not isinstance(data, dict):
        return False
    declared = data.get(f"{of.kind}s")
    return data.get(of.kind) == of.name or (isinstance(declared, dict) and of.name in declared)


def _led(moved: Mapping[str, str], old: str, new: str, waits: bool) -> dict[str, str]:
    """`moved` after the renaming."""
    kept = {was: to for was, to in moved.items() if was != new}
    if waits:
        return kept | {old: new}
    return {was: new if to == old else to for was, to in kept.items()}


def _moved(draft: Draft, document: Document, moved: Mapping[str, str]) -> Edit:
    """The line `moved`, written anew, above the steps where there was none."""
    marks = draft.document.marks
    line = "moved: {" + ", ".join(f"{was}: {to}" for was, to in moved.items()) + "}"
    if ("moved",) in marks.keys:
        start, end = marks.keys[("moved",)][0], marks.values.get(("moved",), marks.keys[("moved",)])[1]
        if moved:
            return Edit(start, end, line)
        number = document.lines.place(end)[0]
        starts = document.lines.starts
        return Edit(start, starts[number] if number < len(starts) else end, "")
    at = marks.keys[("steps",)][0]
    return Edit(at, at, line + ("\r\n" if "\r\n" in document.source else "\n"))


def may_be_deployed(root: Path, path: str, step: str) -> bool:
    """Whether the last commit or the project's own database has that step in that flow; also where that cannot be read."""
    return step in _committed(root, path) or step in _deployed(root, path)


class _All(frozenset[str]):
    """Where nobody knows."""

    def __contains__(self, name: object) -> bool:
        return True


def _committed(root: Path, path: str) -> frozenset[str]:
    if git.commit_of(root, "HEAD") is None:
        return frozenset()
    return _ids(git.content_at(root, "HEAD", path))


def _deployed(root: Path, path: str) -> frozenset[str]:
    files = _deployed_files(root)
    if files is None:
        return _All()
    content = files.get(path)
    return _ids(content.encode() if content is not None else None)


def _deployed_files(root: Path) -> Mapping[str, str] | None:
    """Of the newest deployment in the project's own database: path -> content. None where it cannot be read."""
    import orjson

    from engine.store import deployments
    from engine.store.open_database import open_database

    try:
        database = open_database(os.environ.get("LEADOFF_DATABASE_URL") or DEFAULT_DATABASE, root, "empty")
        try:
            if database.is_stand_in:
                return {}
            with database.reading() as db:
                stored = deployments.newest(db)
        finally:
            database.close()
    except Exception as error:  # of another version, damaged, out of reach
        log.warning("the project's database cannot be read: %s", type(error).__name__)
        return None
    files: dict[str, str] = orjson.loads(stored.content)["files"] if stored is not None else {}
    return files


def _ids(raw: bytes | None) -> frozenset[str]:
    return frozenset(ids_in(strict_yaml.read("flow.yaml", raw).data)) if raw is not None else frozenset()
