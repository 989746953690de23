"""What the server answers: the methods of the Language Server Protocol, over two pipes.

Invariants: a client never gets a traceback: what we did not expect is logged to stderr, and the client gets one sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, BinaryIO, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInternalError

from engine.errors import LeadoffError
from engine.language.formatter.layout import NotLaidOut
from engine.lsp import completion, fixes, hover, navigation, renaming
from engine.lsp.documents import path_of
from engine.lsp.names import LINK, SEGMENT, STEP, is_now, mentions
from engine.lsp.projects import projects_below, root_of
from engine.lsp.server import REQUEST_FAILED, Server

log = logging.getLogger("leadoff.lsp")
F = TypeVar("F", bound=Callable[..., Any])
WATCHED = ("**/*.yaml", "**/*.yml", "**/contacts.csv", "**/media/**")


def make_server() -> Server:
    server = Server()
    _documents(server)
    _questions(server)
    _changes(server)
    return server


def serve(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Until the client says `exit`, or its end of the pipe closes."""
    make_server().start_io(stdin, stdout)


def guarded(handler: F) -> F:
    """What goes wrong becomes one sentence for the client, and a line in the log."""

    @wraps(handler)
    def handle(*arguments: Any) -> Any:
        try:
            return handler(*arguments)
        except LeadoffError as error:
            help = f": {error.help}" if getattr(error, "help", None) else ""
            raise JsonRpcException(f"{error}{help}", REQUEST_FAILED) from None
        except JsonRpcException:
            raise
        except Exception as error:
            log.exception("a request failed")
            raise JsonRpcInternalError(f"leadoff could not answer: {type(error).__name__}; its log has more") from None

    return handle  # type: ignore[return-value]


def _documents(server: Server) -> None:
    @server.feature(types.INITIALIZED)
    @guarded
    def initialized(params: types.InitializedParams) -> None:
        capable = server.client_capabilities.workspace
        if capable and capable.did_change_watched_files and capable.did_change_watched_files.dynamic_registration:
            watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in WATCHED]
            options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
            registration = types.Registration("files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            server.client_register_capability(types.RegistrationParams([registration]))
        _look_for_projects()

    def _look_for_projects() -> None:
        folders = [folder.uri for folder in server.workspace.folders.values()]
        if not folders and server.workspace.root_uri:
            folders = [server.workspace.root_uri]
        for folder in filter(None, map(path_of, folders)):
            for root in projects_below(folder):
                server.check_soon(server.project_at(root))

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    @guarded
    def folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        _look_for_projects()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    @guarded
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        server.take(params.text_document.uri, params.text_document.text, params.text_document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    @guarded
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        if params.content_changes:
            server.take(params.text_document.uri, params.content_changes[-1].text, params.text_document.version)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    @guarded
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        path = path_of(params.text_document.uri)
        if path is not None:
            server.look_again(path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    @guarded
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        server.close(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    @guarded
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        paths = [path for event in params.changes if (path := path_of(event.uri)) is not None]
        touched = {root: path for path in paths if (root := root_of(path)) is not None}
        for path in touched.values():
            server.look_again(path)


def _questions(server: Server) -> None:
    triggers = types.CompletionOptions(trigger_characters=[" ", "'", '"', ".", "|", "{", "[", ","])

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, triggers)
    @guarded
    def complete(params: types.CompletionParams) -> types.CompletionList | None:
        at = server.where(params.text_document.uri)
        if at is None:
            return None
        project, name, document = at
        index = document.index_at(params.position)
        return types.CompletionList(False, completion.completion(project.seen(server.opened), name, document, index))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    @guarded
    def told(params: types.HoverParams) -> types.Hover | None:
        at = server.where(params.text_document.uri)
        if at is None:
            return None
        project, name, document = at
        world = project.seen(server.opened)
        findings = server.findings(project, project.root / name)
        return hover.hover(world, list(mentions(world)), findings, name, document, document.index_at(params.position))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    @guarded
    def definition(params: types.DefinitionParams) -> list[types.Location]:
        found = server.mention(params)
        if found is None:
            return []
        project, known, mention = found
        places = (server.location(project, each) for each in navigation.declared(known, mention))
        return [place for place in places if place is not None]

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    @guarded
    def references(params: types.ReferenceParams) -> list[types.Location]:
        found = server.mention(params)
        if found is None:
            return []
        project, known, mention = found
        places = (
            server.location(project, each)
            for each in navigation.used(known, mention, params.context.include_declaration)
        )
        return [place for place in places if place is not None]


def _changes(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    @guarded
    def prepare(params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        found = server.mention(params)
        can = found is not None and found[2].name.kind in (STEP, LINK, SEGMENT)
        place = server.location(found[0], found[2]) if found is not None and can else None
        return types.PrepareRenamePlaceholder(place.range, found[2].name.name) if place and found else None

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    @guarded
    def rename(params: types.RenameParams) -> types.WorkspaceEdit:
        found = server.mention(params)
        if found is None or found[2].name.kind not in (STEP, LINK, SEGMENT):
            raise JsonRpcException(
                "there is no step's id, link or segment here, or its file must be mended first", REQUEST_FAILED
            )
        project, known, mention = found
        world = project.seen(server.opened)
        files = {each.file for each in known}
        documents = {file: each for file in files if (each := server.document_at(project.root / file)) is not None}
        name, new = mention.name, params.new_name
        unread = [each.path for each in world.drafts if not is_now(world, each) and name.flow in (None, each.path)]
        if unread:
            raise JsonRpcException(f"{unread[0]} cannot be read as it is: mend its YAML first", REQUEST_FAILED)
        draft = next((each for each in world.drafts if each.path == name.flow), None)
        if draft is not None:
            changed = renaming.renamed(project.root, draft, known, name.name, new, documents)
        else:
            changed = renaming.renamed_everywhere(project.root, known, name, new, documents)
        changes = {
            server.uri_of(project.root / each.file): fixes.text_edits(documents[each.file], each.edits)
            for each in changed
        }
        return types.WorkspaceEdit(changes=changes)

    kinds = types.CodeActionOptions([types.CodeActionKind.QuickFix, fixes.FIX_ALL])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    @guarded
    def actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        at = server.where(params.text_document.uri)
        if at is None:
            return []
        project, name, document = at
        findings = server.findings(project, project.root / name)
        return fixes.actions(params.text_document.uri, document, findings, params.range, params.context.only)

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    @guarded
    def format(params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        at = server.where(params.text_document.uri)
        if at is None:
            return []
        project, name, document = at
        try:
            return fixes.formatted(name, document, server.findings(project, project.root / name))
        except NotLaidOut as error:
            server.say(f"line {error.line}: {error.reason}")
            return []
