"""The demo with a real provider's API: the scratch project's senders become that provider's, at the simulator's address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from engine.deploy.project_files import PROJECT_FILE
from engine.language.diagnostics.findings import Loc
from engine.language.source import strict_yaml
from engine.language.source.source_map import Range
from engine.language.source.strict_yaml import Document
from engine.messaging.credentials import variable
from engine.senders.simulator_token import ACCOUNT
from engine.simulator import Application, Simulator
from engine.simulator.accounts import BANDWIDTH_USER, accounts, credentials


def names(folder: Path) -> list[str]:
    """The names of the project's senders; none where its file cannot be read: `check` reports why."""
    data = _read(folder).data
    senders = data.get("senders") if isinstance(data, dict) else None
    named = senders.items() if isinstance(senders, dict) else ()
    return [name for name, sender in named if isinstance(sender, dict)]


def simulator(api: str, senders: Iterable[str], url: str, token: str, now: Callable[[], int]) -> Simulator:
    """One that serves these senders; `url` is the address of the demo's web server."""
    applications = {name: Application(f"{url}/callbacks/{name}", BANDWIDTH_USER, token) for name in senders}
    # A text from a phone that got none yet goes to the first sender.
    first = next((each.callback_url for each in applications.values()), None)
    known = accounts(ACCOUNT, token)
    return Simulator(accounts=known, callback_url=first, applications=applications, api=api, now=now)


def rewrite(folder: Path, api: str, senders: Iterable[str], base_url: str) -> None:
    """Each of these senders speaks `api` to `base_url` from now on; nothing else of the file changes."""
    document = _read(folder)
    changes = [change for name in senders for change in _changes(document, ("senders", name), api, base_url)]
    text = document.source
    for (start, end), written in sorted(changes, reverse=True):
        text = text[:start] + written + text[end:]
    (folder / PROJECT_FILE).write_text(text, "utf-8")


def _changes(document: Document, sender: Loc, api: str, base_url: str) -> Iterator[tuple[Range, str]]:
    """What stands where from now on."""
    text, keys, values = document.source, document.marks.keys, document.marks.values
    provider, url = (*sender, "provider"), (*sender, "base_url")
    if url in values:
        yield values[url], base_url
    if provider not in values:
        return
    start = keys[provider][0]
    behind = ", " if text[values[sender][0]] == "{" else "\n" + " " * (start - text.rfind("\n", 0, start) - 1)
    yield values[provider], api if url in values else f"{api}{behind}base_url: {base_url}"


def _read(folder: Path) -> Document:
    try:
        raw = (folder / PROJECT_FILE).read_bytes()
    except OSError:
        raw = b""
    return strict_yaml.read(PROJECT_FILE, raw)


def environment(api: str, senders: Iterable[str], token: str, public_key: str) -> dict[str, str]:
    """The credentials of these senders."""
    return {
        variable(name, end): value
        for name in senders
        for end, value in credentials(api, ACCOUNT, token, public_key, name).items()
    }
