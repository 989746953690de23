"""`check`: every finding of a whole project at once.

Invariants: one mistake hides no other. What cannot be read is reported and left out, and the rest is still looked at by the
rules. Nothing is opened here: the files and the look at the media are handed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from engine.core.block import Block
from engine.language.diagnostics.findings import Finding, Loc, in_order, key_meant
from engine.language.diagnostics.wording import wrong_kind
from engine.language.lint.context import (
    PROJECT_FILE,
    TEST_ENDING,
    Draft,
    FlowTestDraft,
    LintContext,
    PlacedValue,
    SegmentDraft,
    finding,
    finding_of,
)
from engine.language.lint.ignores import without_ignored
from engine.language.lint.rules import Rule, built_in, said_by
from engine.language.model.flow import Flow
from engine.language.model.flow_test import FlowTests
from engine.language.model.media_path import MediaPath
from engine.language.model.project import Project
from engine.language.model.segments import SegmentFile
from engine.language.model.unreadable import UNREADABLE
from engine.language.model.validation_context import LocatedMistake, ValidationContext, hidden, salvaged
from engine.language.source import strict_yaml
from engine.language.source.strict_yaml import Document
from engine.language.values.strict import Strict, written_names
from engine.messaging.media.picture import BadMedia, MediaInfo, parts_of

M = TypeVar("M", bound=Strict)


class ProjectFiles(NamedTuple):
    """A project as the shell read it: leadoff.yaml and flows by relative posix path, and a look at an image (None: there is none),
    by its path or by those of a collage (media_path.py).

    `unread`: files that look as if they were part of it, and are not. `pictures`: what lies in media/. `now`: the instant to tell the past
    by, where there is a clock.
    """

    files: Mapping[str, bytes]
    media: Callable[[str], MediaInfo | BadMedia | None]
    unread: tuple[str, ...] = ()
    now: int | None = None
    pictures: tuple[str, ...] = ()


class Checked(NamedTuple):
    """`flows` by id, those without a mistake of structure. Compile only what has no errors."""

    project: Project | None
    flows: dict[str, Flow]
    findings: tuple[Finding, ...]
    sources: dict[str, str]
    media: dict[str, MediaInfo]  # by path as written
    tests: tuple[FlowTestDraft, ...] = ()  # by path

    @property
    def ok(self) -> bool:
        """Nothing that would keep it from being applied: tests of flows are not deployed."""
        return not any(found.severity == "error" and not found.file.endswith(TEST_ENDING) for found in self.findings)

    def document(self, flow: str) -> Document:
        """The file of a flow, with its places."""
        path = self.file_of(flow)
        return strict_yaml.read(path, self.sources[path].encode())

    def file_of(self, flow: str) -> str:
        """The path of a flow's file; where it would be, if there is none."""
        return flow_file(self.sources, flow) or f"flows/{flow}.yaml"


def is_flow_file(path: str) -> bool:
    """Whether it is a flow, or the tests of one."""
    return path != PROJECT_FILE and not path.startswith("segments/")


def flow_file(paths: Iterable[str], flow: str) -> str | None:
    """Of a project's files, the one of that flow; None where there is none."""
    return next((path for path in paths if is_flow_file(path) and path.rsplit("/", 1)[-1] == f"{flow}.yaml"), None)


def check(files: ProjectFiles, registry: Mapping[str, type[Block]], rules: Iterable[Rule] = ()) -> Checked:
    """Read and judge a project, by the built-in rules and these. Never raises for what the files hold."""
    documents = {path: strict_yaml.read(path, raw) for path, raw in sorted(files.files.items())}
    findings = [found for document in documents.values() for found in document.findings]
    about = documents.get(PROJECT_FILE) or strict_yaml.read(PROJECT_FILE, b"")
    if PROJECT_FILE not in documents:
        findings.append(finding(about, "LO311", "the project has no leadoff.yaml", (), "`leadoff init` creates one"))
    project = _read(Project, about, registry)
    findings += project.findings
    drafts, segments, tests = [], _declared_segments(about, project.model), []
    for path, document in documents.items():
        if path == PROJECT_FILE:
            continue
        name = path.rsplit("/", 1)[-1].removesuffix(".yaml")
        if name.endswith(".test"):
            read = _read(FlowTests, document, registry, flow=name.removesuffix(".test"))
            findings += read.findings
            if read.model is not None:
                tests.append(FlowTestDraft(document, read.model, not read.findings))
            continue
        if path.startswith("segments/"):
            read = _read_segment(document)
            findings += read.findings
            if read.model is not None:
                segments.append(SegmentDraft(document, read.model.segment, read.model.when, ("when",), name))
            continue
        read = _read(Flow, document, registry, flow=name, language=1)
        findings += read.findings
        if read.model is not None:
            drafts.append(Draft(document, read.model, not read.findings, name, read.half_read))
    media = _look_at_media(drafts, files)
    whole = project.model and project.model.model_copy(
        update={"segments": {each.name: each.condition for each in segments}}
    )
    world = LintContext(
        whole or _NO_PROJECT, project.broken, about, tuple(drafts), media, documents, files.unread, files.now,
        tuple(segments), files.pictures, tuple(tests),
    )  # fmt: skip
    findings += [found for rule in (*built_in(), *rules) for found in said_by(rule, world)]
    findings = without_ignored(documents, findings)
    return Checked(
        whole if not project.findings else None,
        {draft.flow.flow: draft.flow for draft in drafts if draft.whole},
        in_order(findings),
        {path: document.source for path, document in documents.items()},
        {path: info for path, info in world.media.items() if isinstance(info, MediaInfo)},
        world.tests,
    )


def project_of(raw: bytes) -> Project | None:
    """leadoff.yaml alone, as far as it can be read."""
    model: Project | None = _read(Project, strict_yaml.read(PROJECT_FILE, raw), {}).model
    return model


def with_segments(files: Mapping[str, bytes]) -> Project | None:
    """leadoff.yaml with the files of segments/, and without the flows; None where one of them has a mistake."""
    project = _read(Project, strict_yaml.read(PROJECT_FILE, files[PROJECT_FILE]), {})
    names = sorted(path for path in files if path.startswith("segments/"))
    own = [_read_segment(strict_yaml.read(path, files[path])) for path in names]
    if any(read.model is None or read.findings for read in (project, *own)):
        return None
    conditions = {**project.model.segments, **{read.model.segment: read.model.when for read in own}}
    model: Project = project.model.model_copy(update={"segments": conditions})
    return model


_NO_PROJECT = hidden(
    Project.model_validate({"project": "unknown", "brand": "unknown", "timezone": "UTC"}), written_names(Project), ()
)


def _look_at_media(drafts: list[Draft], files: ProjectFiles) -> dict[str, MediaInfo | BadMedia | None]:
    """By name: a path, or those of a collage."""
    names = {draft.picture_of(placed) for draft in drafts for placed in draft.images()}
    inside = (name for name in names if not any(MediaPath(path).leaves_the_project for path in parts_of(name)))
    return {name: files.media(name) for name in sorted(inside)}


def _read_segment(document: Document) -> _Read:
    return _read(SegmentFile, document, {}, segment=document.path.rsplit("/", 1)[-1].removesuffix(".yaml"))


def _declared_segments(about: Document, project: Project | None) -> list[SegmentDraft]:
    """Those of leadoff.yaml."""
    declared = project.segments if project is not None and project.segments is not UNREADABLE else {}
    return [SegmentDraft(about, name, condition, ("segments", name)) for name, condition in declared.items()]


class _Read(NamedTuple):
    model: Any
    broken: frozenset[str]  # top-level keys that were left out
    findings: list[Finding]
    half_read: tuple[PlacedValue, ...] = ()  # texts of which a part could not be read


def _read(model: type[BaseModel], document: Document, registry: Mapping[str, type[Block]], **known: Any) -> _Read:
    """The model, and what is wrong with it. What is right of it is kept. `known`: what to take where a value is wrong."""
    if document.data is None:
        wanted = [] if document.findings else [finding_of(document, (), wrong_kind("a mapping", None))]
        return _Read(None, frozenset(model.model_fields), wanted)
    data = document.data
    reading = ValidationContext(registry, data, document.empty)
    context = {"reading": reading}
    made: BaseModel | None = None
    try:
        made = model.model_validate(data, context=context)
    except ValidationError as error:
        reading.add_all((), error)
        made = salvaged(model, data, error, context, **known)
    emptied = reading.emptied(data, ()) if isinstance(data, dict) else []
    made = made and hidden(made, (key for key in emptied if key not in known), ())
    broken = frozenset(
        key for key, name in written_names(model).items() if made is None or getattr(made, name) is UNREADABLE
    )
    half_read = {loc: (error.context or {}).get("half_read") for loc, error in reading.mistakes}
    texts = tuple(PlacedValue(text, loc, "step") for loc, text in half_read.items() if text)
    return _Read(made, broken, list(_findings(document, reading.mistakes)), texts)


def _findings(document: Document, mistakes: list[LocatedMistake]) -> Iterator[Finding]:
    for loc in document.empty:
        what = f'"{loc[-1]}" has' if loc and isinstance(loc[-1], str) else "this list item has"
        yield finding(document, "LO205", f"{what} no value", loc, "give it a value, or leave it out", at="key")
    follows = _follows(document, mistakes)
    for loc, error in mistakes:
        if loc not in document.empty and not follows(loc, error):
            yield finding_of(document, loc, error)


def _follows(document: Document, mistakes: list[LocatedMistake]) -> Callable[[Loc, PydanticCustomError], bool]:
    """Whether a mistake only follows from another: a key has nothing behind it, or is misspelt, and so something is missing."""
    poor = {loc[:-1] for loc in document.empty}
    misspelt: dict[Loc, list[str]] = {}
    for loc, error in mistakes:
        if error.type == "LO201":
            misspelt.setdefault(loc[:-1], []).append(str(loc[-1]))
            if str((error.context or {}).get("help")).startswith("did you mean"):
                poor.add(loc[:-1])

    def follows(loc: Loc, error: PydanticCustomError) -> bool:
        if error.type in ("LO203", "LO205", "LO208") and loc in poor:
            return True
        if error.type == "LO204":
            loc = (*loc, "id")
        elif error.type != "LO205" or (error.context or {}).get("at") != "parent":
            return False
        return any(key_meant(key, [str(loc[-1])]) for key in misspelt.get(loc[:-1], ()))

    return follows
