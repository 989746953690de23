"""`check`: every finding of a whole project at once.

Invariants: one mistake hides no other. What cannot be read is reported and left out, and the rest is still looked at by the
rules. Nothing is opened here: the files and the look at the media are handed in. What is checked is shared by all who ask for the same:
never change it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from engine.core.block import Block
from engine.language.diagnostics.findings import Finding, in_order
from engine.language.lint.context import (
    PROJECT_FILE,
    TEST_ENDING,
    Draft,
    FlowTestDraft,
    LintContext,
    SegmentDraft,
    finding,
)
from engine.language.lint.ignores import without_ignored
from engine.language.lint.rules import Rule, built_in, said_by
from engine.language.model.flow import Flow
from engine.language.model.flow_test import FlowTests
from engine.language.model.media_path import MediaPath
from engine.language.model.project import Project
from engine.language.model.unreadable import UNREADABLE
from engine.language.model.validation_context import hidden
from engine.language.reading import Blocks, Read, read_file, read_segment
from engine.language.source import strict_yaml
from engine.language.source.strict_yaml import Document
from engine.language.values.strict import written_names
from engine.messaging.media.contact_card import OWN
from engine.messaging.media.picture import BadMedia, MediaInfo, parts_of

Texts = tuple[tuple[str, bytes], ...]  # by path, in their order


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
    texts, blocks = tuple(sorted(files.files.items())), tuple(registry.items())
    media = _look_at_media(_read_all(texts, blocks).drafts, files)
    return _judged(texts, blocks, tuple(media.items()), files.unread, files.now, files.pictures, tuple(rules))


def seen(files: ProjectFiles, registry: Mapping[str, type[Block]]) -> LintContext:
    """What the rules see of a project: every file as far as it could be read."""
    read = _read_all(tuple(sorted(files.files.items())), tuple(registry.items()))
    return _world(read, _look_at_media(read.drafts, files), files.unread, files.now, files.pictures)


class _ReadProject(NamedTuple):
    """Each file by itself, as far as it could be read."""

    project: Read
    documents: dict[str, Document]
    drafts: tuple[Draft, ...]
    segments: tuple[SegmentDraft, ...]
    tests: tuple[FlowTestDraft, ...]
    findings: list[Finding]


def _read_all(texts: Texts, blocks: Blocks) -> _ReadProject:
    documents = {path: strict_yaml.read(path, raw) for path, raw in texts}
    findings = [found for document in documents.values() for found in document.findings]
    project = read_file(Project, PROJECT_FILE, dict(texts).get(PROJECT_FILE, b""), blocks)
    if PROJECT_FILE not in documents:
        findings.append(
            finding(project.document, "LO311", "the project has no leadoff.yaml", (), "`leadoff init` creates one")
        )
    findings += project.findings
    drafts, segments, tests = [], _declared_segments(project.document, project.model), []
    for path, raw in texts:
        if path == PROJECT_FILE:
            continue
        name = path.rsplit("/", 1)[-1].removesuffix(".yaml")
        if name.endswith(".test"):
            read = read_file(FlowTests, path, raw, blocks, flow=name.removesuffix(".test"))
            if read.model is not None:
                tests.append(FlowTestDraft(read.document, read.model, not read.findings))
        elif path.startswith("segments/"):
            read = read_segment(path, raw)
            if read.model is not None:
                segments.append(SegmentDraft(read.document, read.model.segment, read.model.when, ("when",), name))
        else:
            read = read_file(Flow, path, raw, blocks, flow=name, language=1)
            if (draft := _draft(path, raw, blocks)) is not None:
                drafts.append(draft)
        findings += read.findings
    return _ReadProject(project, documents, tuple(drafts), tuple(segments), tuple(tests), findings)


@lru_cache(maxsize=256)
def _draft(path: str, raw: bytes, blocks: Blocks) -> Draft | None:
    """A draft keeps what the rules ask for again and again: of a flow that is the same it is the same."""
    name = path.rsplit("/", 1)[-1].removesuffix(".yaml")
    read = read_file(Flow, path, raw, blocks, flow=name, language=1)
    return read.model and Draft(read.document, read.model, not read.findings, name, read.half_read)


@lru_cache(maxsize=8)
def _judged(
    texts: Texts,
    blocks: Blocks,
    media: tuple[tuple[str, MediaInfo | BadMedia | None], ...],
    unread: tuple[str, ...],
    now: int | None,
    pictures: tuple[str, ...],
    rules: tuple[Rule, ...],
) -> Checked:
    """The same project is judged once: an apply, a listing and a rollback ask for what is deployed more than once."""
    read = _read_all(texts, blocks)
    world = _world(read, dict(media), unread, now, pictures)
    said = [found for rule in (*built_in(), *rules) for found in said_by(rule, world)]
    return Checked(
        world.project if read.project.model is not None and not read.project.findings else None,
        {draft.flow.flow: draft.flow for draft in read.drafts if draft.whole},
        in_order(without_ignored(read.documents, read.findings + said)),
        {path: document.source for path, document in read.documents.items()},
        {path: info for path, info in media if isinstance(info, MediaInfo)},
        read.tests,
    )


def _world(
    read: _ReadProject,
    media: Mapping[str, MediaInfo | BadMedia | None],
    unread: tuple[str, ...],
    now: int | None,
    pictures: tuple[str, ...],
) -> LintContext:
    whole = read.project.model and read.project.model.model_copy(
        update={"segments": {each.name: each.condition for each in read.segments}}
    )
    return LintContext(
        whole or _NO_PROJECT, read.project.broken, read.project.document, read.drafts, media, read.documents,
        unread, now, read.segments, pictures, read.tests,
    )  # fmt: skip


def project_of(raw: bytes) -> Project | None:
    """leadoff.yaml alone, as far as it can be read."""
    model: Project | None = read_file(Project, PROJECT_FILE, raw).model
    return model


def with_segments(files: Mapping[str, bytes]) -> Project | None:
    """leadoff.yaml with the files of segments/, and without the flows; None where one of them has a mistake."""
    project = read_file(Project, PROJECT_FILE, files[PROJECT_FILE])
    names = sorted(path for path in files if path.startswith("segments/"))
    own = [read_segment(path, files[path]) for path in names]
    if any(read.model is None or read.findings for read in (project, *own)):
        return None
    conditions = {**project.model.segments, **{read.model.segment: read.model.when for read in own}}
    model: Project = project.model.model_copy(update={"segments": conditions})
    return model


_NO_PROJECT = hidden(
    Project.model_validate({"project": "unknown", "brand": "unknown", "timezone": "UTC"}), written_names(Project), ()
)


def _look_at_media(drafts: tuple[Draft, ...], files: ProjectFiles) -> dict[str, MediaInfo | BadMedia | None]:
    """By name: a path, or those of a collage."""
    names = {draft.picture_of(placed) for draft in drafts for placed in draft.images()}
    names |= {OWN for draft in drafts if any(draft.cards())}
    inside = (name for name in names if not any(MediaPath(path).leaves_the_project for path in parts_of(name)))
    return {name: files.media(name) for name in sorted(inside)}


def _declared_segments(about: Document, project: Project | None) -> list[SegmentDraft]:
    """Those of leadoff.yaml."""
    declared = project.segments if project is not None and project.segments is not UNREADABLE else {}
    return [SegmentDraft(about, name, condition, ("segments", name)) for name, condition in declared.items()]
