"""What `doctor` asks of the work itself: what is held, what nobody knows of, whether the outside reaches us, whether the clock is sane.

Invariants: the public address is asked only while a daemon runs, and only where nobody on the way can answer for it: https, or this
machine; a redirect is no answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from engine.app import App
from engine.clock import instant
from engine.core.calendar import DAY
from engine.deploy import stored_pictures
from engine.errors import Refused, UsageError
from engine.language.diagnostics.findings import counted
from engine.language.model.project import Project
from engine.messaging.base_urls import is_local
from engine.messaging.only_to import masked_list
from engine.messaging.providers import SIMULATOR
from engine.senders import factory
from engine.senders.sender import HasBalance, SendDeferred
from engine.sources.kinds import secret_variable, secret_variables
from engine.store import holds, interned_names, notices
from engine.store.queries import measures
from engine.upkeep import proving, restored, retention

ASKED_SECONDS = 3.0
AHEAD_MS = 60_000  # so far the newest row may lie ahead of the clock
NO_DAEMON = "not asked: no daemon runs"


def sending(app: App) -> dict[str, Any]:
    now = app.clock.now()
    with app.database.reading() as db:
        count, oldest = measures.unknown_messages(db)
        flows = interned_names.load(db).flows
        return {
            "held_since": instant(holds.held_since(db)),
            "only_to": only_to(app),
            "paused_flows": sorted(flows[flow] for flow in holds.paused(db)),
            "failing_senders": [
                f"{name}, pauses until {instant(until)}" for name, until in measures.pauses(db, now).items()
            ],
            "unknown": count,
            "oldest_unknown": instant(oldest),
            "open_notices": measures.open_notices(db),
            "keys_of_others": measures.open_notices(db, notices.KEY),
        }


def daemons(app: App) -> dict[str, str]:
    """All that work on a database that may have several, by id."""
    return {
        each.id: f"{each.state}, {each.host} {each.pid}, version {each.version}, since {instant(each.started_at)},"
        f" last beat {instant(each.beat)}"
        for each in app.lock.daemons()
    }


def only_to(app: App) -> list[str] | str:
    """Whom the daemons text: the environment of all that live says the same. Where none lives, one that is started from here would."""
    ours = masked_list(app.only_to)
    theirs = [each.only_to for each in app.lock.daemons() if not each.silent]
    if not theirs:
        theirs = [app.lock.facts().get("only_to") if app.lock.held() else ours]
    return theirs[0] or "everybody"


def retained(app: App, project: Project | None) -> dict[str, Any]:
    """What leadoff.yaml keeps how long, and how far the deletion of what is older is."""
    if project is None or not (kept := {name: ms for name, ms in project.retention if ms is not None}):
        return {"kept": "everything: leadoff.yaml has no `retention`"}
    told: dict[str, Any] = {"kept": ", ".join(f"{name} {ms // DAY}d" for name, ms in kept.items())}
    with app.database.reading() as db:
        found = retention.progress(db)
        if found is None:
            return told
        at = retention.share(db, found)
    told["deleted"] = retention.counts(found)
    told["since"] = instant(found.began)
    told["ended"] = instant(found.ended)
    if found.ended is None:
        told["now_at"] = f"{found.kind}, {at:.0%}"
    return told


def sources(app: App, project: Project | None) -> dict[str, str]:
    """Of each source how it signs, and whether the environment has its secrets: never one of them."""
    told = {}
    for name, source in (project.sources if project else {}).items():
        now, old = (variable if app.environ.get(variable) else None for variable in secret_variables(name))
        has = "set" if now else f"missing: {secret_variable(name)}: with none, each webhook is refused"
        told[name] = f"{source.bodies.title}; secret: {has}{', and the old one' if old else ''}"
    return told


def tally_proved(app: App) -> dict[str, Any]:
    """When the counts of `stats` and the pages were last compared with what they count."""
    with app.database.reading() as db:
        found = proving.last(db)
    if found is None:
        return {"proved": "never: the daemon does it at night"}
    return {"proved": instant(found.at), "put_right": found.differences}


def pictures_gone(app: App) -> list[str]:
    """What is deployed and not on disk, or damaged there."""
    try:
        deployed = app.deployed()
        with app.database.reading() as db:
            return stored_pictures.missing(db, deployed, app.media_dir)
    except Refused:  # nothing is deployed
        return []


def balances(app: App) -> dict[str, str]:
    """What is left at each provider that can be asked, or why that is not known."""
    try:
        senders = app.deployed().project.senders
    except Refused:
        return {}
    told = {}
    for name, profile in senders.items():
        try:
            setup = app.setup(name)._replace(timeout=httpx.Timeout(ASKED_SECONDS))
            if profile.provider == SIMULATOR:
                continue
            sender = factory.make(profile.provider, setup)
        except UsageError:  # its credentials are missing, as is said elsewhere
            continue
        try:
            if isinstance(sender, HasBalance):
                left = sender.balance()
                told[name] = f"{left.amount:,.2f} {left.currency}"
        except SendDeferred as error:
            told[name] = f"not told: {error.reason}"
        finally:
            sender.close()
    return told


def reached(app: App, url: str | None) -> str:
    """Whether the public address leads to this daemon: `yes`, or why that is not known."""
    if not app.lock.held():
        return NO_DAEMON
    own = app.lock.web_url()
    if own is None:
        return "not asked: the daemon runs without web"
    if not (url or "").startswith("https:") and not is_local(url or "") and url != own:
        return "not asked: it is not https"
    try:
        answer = httpx.get(f"{url}/healthz", timeout=ASKED_SECONDS, trust_env=False)
        well = answer.status_code == 200 and answer.json() == {"status": "alive"}
    except (httpx.HTTPError, ValueError) as error:
        return f"no: {type(error).__name__}"
    return "yes" if well else f"no: another server answers there ({answer.status_code})"


def problems(app: App, public: str) -> Iterator[str]:
    now = app.clock.now()
    with app.database.reading() as db:
        held, paused = holds.held_since(db), holds.paused(db)
        (count, oldest), newest = measures.unknown_messages(db), measures.newest(db)
        keys = measures.open_notices(db, notices.KEY)
    try:
        restored.refuse_copy(app.database)
    except Refused as error:
        yield f"{error.message}: {error.help}"
    if held is not None:
        yield f"sending is on hold since {instant(held)}: `leadoff release`"
    if paused:
        yield f"{counted(len(paused), 'flow')} paused: `leadoff flows`"
    if oldest is not None and now - oldest > DAY:
        yield f"{counted(count, 'message')} may or may not have been sent: `leadoff messages --status unknown`"
    if keys:
        yield f"{counted(keys, 'contact')} had a key that read as another's number and lost it: `leadoff notices`"
    with app.database.reading() as db:
        refused = measures.refusals(db)
    for each in app.lock.daemons():
        if each.silent:
            yield f"the daemon {each.id} on {each.host} is silent since {instant(each.beat)}: it died, or stands still"
    for refusal in refused.values():
        yield f"{refusal.why}: its messages are held since {instant(refusal.since)} (`leadoff notices`)"
    if public.startswith("no:"):
        yield f"the public address does not lead here ({public.removeprefix('no: ')}): no callback, image or link arrives"
    if newest is not None and newest > now + AHEAD_MS:
        yield f"the clock says {instant(now)}, and the newest row is of {instant(newest)}: nothing is due until then"
