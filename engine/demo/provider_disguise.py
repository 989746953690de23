"""The demo with a real provider's API: the scratch project's senders become that provider's, at the simulator's address."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from engine.deploy.project_files import PROJECT_FILE
from engine.messaging.credentials import variable
from engine.senders.simulator_token import ACCOUNT
from engine.simulator import Application, Simulator
from engine.simulator.accounts import BANDWIDTH_USER, accounts, credentials


def read(folder: Path) -> Any:
    """The project's file with its comments; None where it cannot be read: `check` reports why."""
    yaml = YAML()
    yaml.preserve_quotes = True
    try:
        return yaml.load(folder / PROJECT_FILE)
    except (YAMLError, OSError, UnicodeDecodeError):
        return None


def names(project: Any) -> list[str]:
    """The names of the project's senders; none where there is no list of them."""
    senders = project.get("senders") if isinstance(project, dict) else None
    named = senders.items() if isinstance(senders, dict) else ()
    return [str(name) for name, sender in named if isinstance(sender, dict)]


def simulator(api: str, senders: Iterable[str], url: str, token: str, now: Callable[[], int]) -> Simulator:
    """One that serves these senders; `url` is the address of the demo's web server."""
    applications = {name: Application(f"{url}/callbacks/{name}", BANDWIDTH_USER, token) for name in senders}
    # A text from a phone that got none yet goes to the first sender.
    first = next((each.callback_url for each in applications.values()), None)
    known = accounts(ACCOUNT, token)
    return Simulator(accounts=known, callback_url=first, applications=applications, api=api, now=now)


def rewrite(folder: Path, project: Any, api: str, base_url: str) -> None:
    """Each sender of the project as it was read speaks `api` to `base_url` from now on."""
    for name in names(project):
        project["senders"][name] |= {"provider": api, "base_url": base_url}
    YAML().dump(project, folder / PROJECT_FILE)


def environment(api: str, senders: Iterable[str], token: str, public_key: str) -> dict[str, str]:
    """The credentials of these senders."""
    return {
        variable(name, end): value
        for name in senders
        for end, value in credentials(api, ACCOUNT, token, public_key, name).items()
    }
