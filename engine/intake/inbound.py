"""Texts from phones, callbacks of providers, and clicks: stored in the inbox; the tick decides what follows.

Invariants: a STOP is on disk before it is answered (C2), in whatever words and for unknown numbers as well. A START that was sent before
an opt-out does not lift it. What a person should look at gets a notice in the same transaction. A text that comes from no phone number
is kept without a contact. The provider's own id makes everything idempotent: a callback that comes twice counts once (M7).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence
from typing import Any

import orjson

from engine.contacts.consent import ProviderClaim, apply_claim
from engine.contacts.people import IncomingContact, NotTaken, upsert
from engine.deploy.deployed import Deployed
from engine.errors import Refused
from engine.messaging import keywords
from engine.messaging.keywords import KeywordMatch
from engine.messaging.numbers import E164, masked
from engine.senders.sender import InboundText, StatusReport
from engine.store import contacts, former_numbers, inbox, links, notices, reports
from engine.store.contacts import ConsentChange
from engine.store.database import Database
from engine.store.inbox import NewEvent
from engine.store.links import LinkTarget
from engine.store.sql import Connection
from engine.store.states import CLICK, INBOUND, STATUS

log = logging.getLogger("leadoff.intake")
_KEY = re.compile(r"(\d{1,18})-(\d{1,18})-(\d{1,9})")
QUOTED = 200  # characters of a text that a proof or a notice quotes
_CONSENT = {"stop": "unsubscribed", "start": "subscribed"}


def receive_texts(
    database: Database, received: Sequence[InboundText], now: int, deployed: Callable[[], Deployed] | None = None
) -> None:
    """Store inbound texts, and at once what they say about consent.

    Where something is deployed, an unknown number that texts anything but a STOP becomes a contact, so that it can be answered, by a
    person too. It has given no consent by that.
    """

    def store(db: Connection) -> None:
        for text in received:
            _text(db, text._replace(at=min(now, text.at)), now, known)  # a provider's clock may be wrong (E4)

    known = _standing(deployed)
    database.write(store)


def _standing(deployed: Callable[[], Deployed] | None) -> Deployed | None:
    try:
        return deployed() if deployed is not None else None
    except Refused:  # nothing is deployed, or nothing that can be read: the text is stored all the same
        return None


def _text(db: Connection, text: InboundText, now: int, deployed: Deployed | None) -> None:
    from_a_phone = E164.fullmatch(text.from_) is not None
    who = next(iter(contacts.lock_named(db, [text.from_], [])), None) if from_a_phone else None
    contact = who.id if who is not None else None
    outside = f"in:{text.id}"
    # It may have come before its number was a contact's.
    if any(inbox.known(db, each, outside) is not None for each in {contact, None}):
        return
    data: dict[str, Any] = {"text": text.text, "to": text.to, "media": list(text.media_urls)}
    if not from_a_phone:
        data["from"] = text.from_
        inbox.add(db, [NewEvent(None, INBOUND, "@inbound", text.at, data, None, outside, "")], now)
        return
    heard = _heard(text)
    answered = text.taken_for is not None
    if contact is None and deployed is not None and _wants_an_answer(heard, text):
        contact = _joined(db, text.from_, deployed.project.timezone, now)
    if contact is None:
        data |= {"from": text.from_, "id": text.id}  # by which `forget` finds it and its notice
    data |= {"verdict": heard.kind} | ({"answered": True} if answered else {})
    if _consents(db, heard.kind, text, now):
        data["changed"] = True
    if heard.review:
        data["review"] = True
        notices.add(db, notices.MAY_BE_STOP, f"text:{text.id}", contact, now, _note(heard, text))
    inbox.add(db, [NewEvent(contact, INBOUND, "@inbound", text.at, data, None, outside, "")], now)


def _heard(text: InboundText) -> KeywordMatch:
    """What the text asks for. The provider's own reading as STOP or HELP counts too; its START does not: Twilio reports YES as START."""
    own = keywords.heard(text.text)
    if text.taken_for == "stop":
        return KeywordMatch("stop")
    return KeywordMatch("help", own.review) if text.taken_for == "help" and own.kind is None else own


def _wants_an_answer(heard: KeywordMatch, text: InboundText) -> bool:
    """By itself, or of a person: what is not a STOP, and was not answered by the provider."""
    return heard.kind != "stop" and (heard.kind is None or text.taken_for is None)


def _consents(db: Connection, kind: str | None, text: InboundText, now: int) -> bool:
    """What the text says about consent is stored; whether that changed it."""
    status = _CONSENT.get(kind or "")
    if status is None:
        return False
    contacts.recall(db, [text.from_], now)
    standing = contacts.consents(db, [text.from_]).get(text.from_)
    since = standing.at if standing is not None else 0
    proof = f"{text.id}: {text.text[:QUOTED]}"
    source = f"text {kind}" if keywords.heard(text.text).kind == kind else f"text {kind} (reported by the provider)"
    lifts = contacts.later(text.at, since, now)
    change = ConsentChange(text.from_, status, source, text.at, proof, lifts=lifts)
    return bool(contacts.set_consents(db, [change], now))


def _note(heard: KeywordMatch, text: InboundText) -> str:
    what = "opted out in other words" if heard.kind == "stop" else "may want to opt out; nothing was changed"
    return f"{masked(text.from_)} {what}: “{text.text[:QUOTED]}”"


def _joined(db: Connection, phone: str, default_zone: str, now: int) -> int | None:
    """The new contact of this number; None where nobody can be texted there."""
    (who,) = upsert(db, [IncomingContact(None, phone, {})], default_zone, now)
    return None if isinstance(who, NotTaken) else who.id


def receive_statuses(database: Database, sender: str, reports: Sequence[StatusReport], now: int) -> None:
    """Store what a provider says of its messages.

    One that carries no tag may be about a message whose id we are told in a moment: it is kept aside. What carries another's tag is left.
    """

    def store(db: Connection) -> None:
        for report in reports:
            _status(db, sender, report, now)

    database.write(store)


def _status(db: Connection, sender: str, report: StatusReport, now: int) -> None:
    key = _message_key(db, sender, report)
    if key is not None:
        record_status(db, sender, key, report, now)
    elif _KEY.fullmatch(report.key or ""):
        log.warning("a callback of %s names a message that Leadoff did not send: %s", sender, report.provider_id[:80])
    elif reports.keep(db, sender, report.provider_id, orjson.dumps(report._asdict()).decode(), now):
        log.info("a callback of %s on a message that is not known yet is kept: %s", sender, report.provider_id[:80])


def replay(db: Connection, sender: str, kept: Sequence[str], now: int) -> None:
    """Reports that were kept until their message's id was known."""
    for report in kept:
        _status(db, sender, StatusReport(**orjson.loads(report)), now)


def replay_known(db: Connection, now: int, limit: int = 1_000) -> None:
    """Reports that came while their message was learning its provider's id, in another transaction."""
    for sender, provider_id in reports.of_known(db, limit):
        replay(db, sender, reports.take(db, sender, [provider_id]), now)


def record_status(db: Connection, sender: str, key: tuple[int, int, int], report: StatusReport, now: int) -> None:
    """A provider's report on the message (contact, run, step), once."""
    outside = f"st:{report.provider_id}:{report.status}"
    if inbox.known(db, key[0], outside) is not None:
        return
    data = {
        "key": key,
        "status": report.status,
        "provider_id": report.provider_id,
        "reason": report.reason or report.code,
        **{flag: True for flag in ("no_mms", "account", "too_large") if getattr(report, flag)},
    }
    event = NewEvent(key[0], STATUS, "@status", min(now, report.at), data, key[1], outside, "")
    inbox.add(db, [event], now)
    if report.opted_out or report.unreachable:
        said = ProviderClaim(
            key[0], former_numbers.phone_of(db, key), report.opted_out, report.unreachable, report.reason or report.code
        )
        apply_claim(db, said, f"provider {sender}", now)


def record_refused_mms(db: Connection, message: int, reason: str | None, now: int) -> None:
    """At the request a provider said that this phone takes no pictures: the tick writes the step's `otherwise`."""
    key = reports.key_of(db, message)
    data = {"key": key, "status": "failed", "provider_id": None, "reason": reason, "no_mms": True}
    inbox.add(db, [NewEvent(key[0], STATUS, "@status", now, data, key[1])], now)


def _message_key(db: Connection, sender: str, report: StatusReport) -> tuple[int, int, int] | None:
    """A message that went by this sender: who signs for one has no say about another's. By our tag.

    Where we know the provider's id by now, it must be that one: another database may have given the same tag.
    """
    match = _KEY.fullmatch(report.key or "")
    if match is None:
        return reports.key_by_provider_id(db, sender, report.provider_id)
    key = (int(match[1]), int(match[2]), int(match[3]))
    message = reports.message(db, key)
    if message is None or message.sender != sender or message.provider_id not in (None, report.provider_id):
        return None
    if message.provider_id is None and any(
        inbox.known(db, key[0], f"st:{report.provider_id}:{status}") is not None for status in ("failed", "undelivered")
    ):
        return None  # that request has failed, and the message goes out under another id
    return key


def link_target(database: Database, code: str, now: int) -> LinkTarget | None:
    """What is behind /l/CODE; None for a code that was never given out."""
    with database.reading() as db:
        return links.target(db, code, now)


def record_click(database: Database, code: str, now: int) -> str | None:
    """Record a click on /l/CODE; where it leads, or None for a code that leads nowhere."""
    with database.reading() as db:
        link = links.find(db, code, now)
    if link is None:
        return None
    said = {"link": link.name, "flow": link.flow, "step": link.step, "number": link.number}
    event = NewEvent(link.contact, CLICK, link.name, now, said, link.run)

    def write(db: Connection) -> None:
        if contacts.lock(db, [link.contact]):  # else it was forgotten just now
            inbox.add(db, [event], now)

    database.write(write)
    return link.url
