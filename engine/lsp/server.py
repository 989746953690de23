"""The server: what is open in the editor, the projects around it, and their findings.

Invariants: stdout carries the protocol alone. One thread does all work, so an answer is about the text that the editor had sent before it
asked. Nothing is written to the project.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.workspace.position_codec import PositionCodec

from engine import __version__
from engine.deploy.project_files import LARGEST_TEXT, PROJECT_FILE, read_regular
from engine.errors import LeadoffError
from engine.language.diagnostics.findings import Finding
from engine.lsp import navigation
from engine.lsp.diagnostics import diagnostic
from engine.lsp.documents import Document, Opened, path_of
from engine.lsp.names import Mention, in_file, mentions
from engine.lsp.projects import Project, root_of

log = logging.getLogger("leadoff.lsp")
REQUEST_FAILED = -32803
DEBOUNCE_S = 0.03  # what is typed within it is checked once


Position = types.DefinitionParams | types.ReferenceParams | types.PrepareRenameParams | types.RenameParams


class _NoTraceback(logging.Filter):
    """What a request is refused with is the client's to show: pygls logs it as a fault, with a traceback."""

    def filter(self, record: logging.LogRecord) -> bool:
        refusal = record.exc_info[1] if record.exc_info else None
        return not (isinstance(refusal, JsonRpcException) and refusal.code == REQUEST_FAILED)


logging.getLogger("pygls.protocol.json_rpc").addFilter(_NoTraceback())


class Protocol(LanguageServerProtocol):
    """A request whose parameters make no sense is answered, too."""

    def structure_message(self, data: dict[str, Any]) -> Any:
        try:
            return super().structure_message(data)
        except JsonRpcException as error:
            if "method" in data and isinstance(data.get("id"), int | str):
                self._send_response(data["id"], error=error.to_response_error())
            raise


class Server(LanguageServer):
    """The open files by path, and the projects by folder."""

    def __init__(self) -> None:
        super().__init__(
            "leadoff", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full, protocol_cls=Protocol
        )
        self.opened: dict[Path, Opened] = {}
        self.projects: dict[Path, Project] = {}
        self.checks = 0  # how often a project was checked
        self._timers: dict[Path, asyncio.TimerHandle] = {}

    def report_server_error(self, error: Exception, source: Any) -> None:
        log.error("%s", error)  # the client has its answer, where it asked for one

    # what is open

    def take(self, uri: str, text: str, version: int | None) -> None:
        """A file was opened, or typed in."""
        path = path_of(uri)
        if path is None:
            return
        new = path not in self.opened
        self.opened[path] = Opened(uri, text, version)
        project = self.project_of(path)
        if project is not None and (new or project.name_of(path) is not None):
            if new:
                project.read_folder()
            self.check_soon(project)

    def close(self, uri: str) -> None:
        path = path_of(uri)
        if path is not None and self.opened.pop(path, None) is not None:
            self.look_again(path)

    def look_again(self, path: Path) -> None:
        """Something on disk has changed."""
        if path.name == PROJECT_FILE:
            self.forget_without_files()
        project = self.project_of(path)
        if project is not None:
            project.read_folder()
            self.check_soon(project)

    def forget_without_files(self) -> None:
        """A leadoff.yaml came or went: files may belong to another project now."""
        for root, project in list(self.projects.items()):
            inside = (path for path in self.opened if root_of(path) == root)
            if not (root / PROJECT_FILE).is_file() and next(inside, None) is None:
                self._publish(project, {})
                del self.projects[root]

    def project_of(self, path: Path) -> Project | None:
        root = path.parent if path.name == PROJECT_FILE else root_of(path)
        return self.project_at(root) if root is not None else None

    def project_at(self, root: Path) -> Project:
        if root not in self.projects:
            self.projects[root] = Project(root)
            self.projects[root].read_folder()
        return self.projects[root]

    def document(self, uri: str) -> Document | None:
        """The text of a file, as the editor has it, else as the disk does."""
        path = path_of(uri)
        return None if path is None else self.document_at(path)

    def document_at(self, path: Path) -> Document | None:
        codec: PositionCodec = self.workspace.position_codec
        if path in self.opened:
            return Document.of(self.opened[path].text, codec)
        raw = read_regular(path.parent, path.name, LARGEST_TEXT)
        return None if raw is None else Document.of(raw.decode("utf-8", "replace"), codec)

    def uri_of(self, path: Path) -> str:
        return self.opened[path].uri if path in self.opened else path.as_uri()

    # findings

    def check_soon(self, project: Project) -> None:
        timer = self._timers.pop(project.root, None)
        if timer is not None:
            timer.cancel()
        loop = asyncio.get_running_loop()
        self._timers[project.root] = loop.call_later(DEBOUNCE_S, self._check, project)

    def _check(self, project: Project) -> None:
        self._timers.pop(project.root, None)
        self.checks += 1
        try:
            _, findings = project.check(self.opened)
        except LeadoffError as error:  # a package of blocks or rules that cannot be used
            self.say(str(error), types.MessageType.Error)
            return
        except Exception:
            log.exception("cannot check %s", project.root)
            return
        by_file: dict[Path, list[Finding]] = {path: [] for path in self.opened if project.name_of(path) is not None}
        for found in findings:
            for path in self._shown_at(project, found):
                by_file.setdefault(path, []).append(found)
        self._publish(project, by_file)

    def _shown_at(self, project: Project, found: Finding) -> list[Path]:
        """The file of a finding; of one that does not exist, what is open of its project."""
        path = project.root / found.file
        if path in self.opened or path.is_file():
            return [path]
        return [each for each in self.opened if project.name_of(each) is not None]

    def _publish(self, project: Project, by_file: dict[Path, list[Finding]]) -> None:
        """What has no finding any more is cleared."""
        shown = {self.uri_of(path): path for path, found in by_file.items() if found or path in self.opened}
        for uri in project.published - shown.keys():
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        for uri, path in shown.items():
            document = self.document_at(path)
            found = [diagnostic(each, document) for each in by_file[path]] if document is not None else []
            version = self.opened[path].version if path in self.opened else None
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, found, version))
        project.published = {uri for uri, path in shown.items() if by_file[path]}

    def findings(self, project: Project, path: Path) -> list[Finding]:
        """Of one file, as it is now."""
        return [found for found in project.check(self.opened)[0].findings if project.root / found.file == path]

    def say(self, message: str, kind: types.MessageType = types.MessageType.Info) -> None:
        self.window_show_message(types.ShowMessageParams(kind, message))

    # what is asked

    def where(self, uri: str) -> tuple[Project, str, Document] | None:
        """The project of a file, its name there, and its text; None where it is in none."""
        path = path_of(uri)
        project = self.project_of(path) if path is not None else None
        name = project.name_of(path) if project is not None and path is not None else None
        document = self.document(uri) if name is not None else None
        return (project, name, document) if project and name is not None and document is not None else None

    def mention(self, at: Position) -> tuple[Project, list[Mention], Mention] | None:
        """The name under the cursor, with all of its project."""
        where = self.where(at.text_document.uri)
        if where is None:
            return None
        project, name, document = where
        world = project.seen(self.opened)
        known = list(mentions(world))
        found = navigation.mention_at(in_file(world, known, name), document, document.index_at(at.position))
        return (project, known, found) if found is not None else None

    def location(self, project: Project, mention: Mention) -> types.Location | None:
        path = project.root / mention.file
        document = self.document_at(path)
        return types.Location(self.uri_of(path), document.range_of(mention.span)) if document is not None else None
