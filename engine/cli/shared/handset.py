"""What a phone does, from the terminal: only where a simulator plays the provider, and to addresses of this machine alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from engine.app import App
from engine.errors import Refused
from engine.language.model.project import SenderModel

AGENT = "Mozilla/5.0 (Linux; Android 14; leadoff click) AppleWebKit/537.36 Mobile Safari/537.36"
TIMEOUT_SECONDS = 10.0


class Played(NamedTuple):
    """A deployed sender that no real phone can reach, and the daemon's web address."""

    name: str
    profile: SenderModel
    web: str


def played(app: App, sender: str) -> Played:
    """Raises Refused for a real provider, or where no daemon listens."""
    profile = app.deployed().project.senders[sender]
    if not profile.stays_here:
        raise Refused(
            f"the sender {sender} is a real provider ({profile.provider}): only real phones text it and open its links",
            "this works for senders with `provider: simulator`, or with a base_url on this machine",
        )
    web = app.lock.web_url()
    if web is None and app.lock.held():
        raise Refused(
            "the daemon runs without its web server: no text and no click reaches it", "run it without --no-web"
        )
    if web is None:
        raise Refused("no daemon runs: nobody would take it", "`leadoff run` in another terminal")
    return Played(sender, profile, web)


def send_text(app: App, to: Played, phone: str, text: str) -> None:
    """The phone texts the sender's number: the provider that plays it posts that to the daemon. Raises Refused."""
    base = app.lock.simulator_url() if to.profile.has_own_simulator else to.profile.base_url
    if base is None:  # it was deployed just now, or the daemon could not use it
        raise Refused(f"the daemon has no simulator for the sender {to.name} yet", "its log says why; try again")
    setup = app.setup(to.name)
    route = {
        "api": to.profile.provider,
        "account": setup.credentials.get("ACCOUNT") or "",
        "application": setup.credentials.get("APPLICATION") or None,
        "url": f"{setup.callback_url}/inbound",
    }
    said = {"text": text, "to": to.profile.number, "route": route}
    status = _posted(f"{base}/v1/phones/{quote(phone, safe='')}/texts", said).get("app_status")
    if not isinstance(status, int) or not 200 <= status < 300:
        what = f"answered {status}" if status else "gave no answer"
        raise Refused(f"the daemon did not take the text: it {what}", "its log says why")


def open_link(web: str, code: str) -> str:
    """The person opens a tracked link; where it leads. Raises Refused."""
    import httpx

    try:
        answer = httpx.get(
            f"{web}/l/{code}",
            headers={"User-Agent": AGENT},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            follow_redirects=False,
        )
    except httpx.HTTPError as error:
        raise Refused(f"the daemon at {web} cannot be reached: {error}") from error
    if not answer.is_redirect:
        raise Refused(f"the daemon answered {answer.status_code} to the link", "its log says why")
    return answer.headers["Location"]


def _posted(url: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    import httpx

    try:
        answer = httpx.post(url, json=body, timeout=TIMEOUT_SECONDS, trust_env=False)
        found = answer.json()
    except httpx.HTTPError as error:
        raise Refused(f"the simulator at {url} cannot be reached: {error}", "`leadoff simulator` starts one") from error
    except ValueError:
        found = None
    if answer.status_code != 200 or not isinstance(found, dict):
        why = found.get("message") if isinstance(found, dict) else None
        raise Refused(f"the simulator at {url} refused the text: {why or f'HTTP {answer.status_code}'}")
    return found
