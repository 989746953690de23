"""The demo in a real provider's language: the scratch project's senders become that provider's, at the simulator's address."""

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
    """Of the project's senders; none where its file cannot be read: whoever checks it says why."""
    try:
        found = YAML(typ="safe").load(folder / PROJECT_FILE)
    except (YAMLError, OSError, UnicodeDecodeError):
        return []
    senders = found.get("senders") if isinstance(found, dict) else None
    return (
        [str(name) for name, sender in senders.items() if isinstance(sender, dict)] if isinstance(senders, dict) else []
    )


def simulator(api: str, senders: Iterable[str], url: str, token: str, now: Callable[[], int]) -> Simulator:
    """One that serves these senders; `url` is where our web server is reached."""
    applications = {name: Application(f"{url}/callbacks/{name}", BANDWIDTH_USER, token) for name in senders}
    known = accounts(ACCOUNT, token)
    first = next(
        (each.callback_url for each in applications.values()), None
    )  # who texts before he is texted comes in there
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
