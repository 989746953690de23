"""The demo with a real provider's API: the scratch project's senders become that provider's, at the simulator's address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from engine.deploy.project_files import PROJECT_FILE
from engine.messaging.credentials import variable
from engine.senders.simulator_token import ACCOUNT
from engine.simulator import Application, Simulator
from engine.simulator.accounts import BANDWIDTH_USER, accounts, credentials


def names(folder: Path) -> list[str]:
    """The names of the project's senders; none where its file cannot be read: `check` reports why."""
    try:
        found = YAML(typ="safe").load(folder / PROJECT_FILE)
    except (YAMLError, OSError, UnicodeDecodeError):
        return []
    senders = found.get("senders") if isinstance(found, dict) else None
    named = senders.items() if isinstance(senders, dict) else ()
    return [str(name) for name, sender in named if isinstance(sender, dict)]


def simulator(api: str, senders: Iterable[str], url: str, token: str, now: Callable[[], int]) -> Simulator:
    """One that serves these senders; `url` is the address of the demo's web server."""
    applications = {name: Application(f"{url}/callbacks/{name}", BANDWIDTH_USER, token) for name in senders}
    # A text from a phone that got none yet goes to the first sender.
    first = next((each.callback_url for each in applications.values()), None)
    known = accounts(ACCOUNT, token)
    return Simulator(accounts=known, callback_url=first, applications=applications, api=api, now=now)


def rewrite(folder: Path, api: str, senders: Iterable[str], base_url: str) -> None:
    """Each of these senders speaks `api` to `base_url` from now on."""
    yaml = YAML()
    yaml.preserve_quotes = True
    project = yaml.load(folder / PROJECT_FILE)
    for name in senders:
        project["senders"][name] |= {"provider": api, "base_url": base_url}
    yaml.dump(project, folder / PROJECT_FILE)


def environment(api: str, senders: Iterable[str], token: str, public_key: str) -> dict[str, str]:
    """The credentials of these senders."""
    return {
        variable(name, end): value
        for name in senders
        for end, value in credentials(api, ACCOUNT, token, public_key, name).items()
    }
