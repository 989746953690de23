"""A fixed secret in a header: for a shop that signs nothing, or a program of one's own.

Both `Authorization: Bearer SECRET` and `X-Leadoff-Secret: SECRET` are read. The topic is the body's `type`, `event` or `topic`, the
delivery its `id`.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.sources import bodies
from engine.sources.bodies import word
from engine.sources.kind import Kind, Message
from engine.sources.paths import first_of
from engine.sources.signatures import Headers, mismatch


class Header(Kind):
    name = "header"
    title = "a fixed secret"
    kept_headers = ()

    def refused(self, secrets: Sequence[str], headers: Headers, raw: bytes, now: int) -> str | None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = [token.strip() if scheme.lower() == "bearer" else "", headers.get("x-leadoff-secret", "")]
        return mismatch(secrets, given, lambda secret: secret)

    def messages(self, headers: Headers, raw: bytes) -> tuple[Message, ...]:
        body = bodies.read_object(raw)
        topic = first_of(body, ("type", "event", "topic"))
        when = first_of(body, ("updated_at", "timestamp"))
        version = bodies.instant(when[1]) if when else None
        return (Message(word(topic[1]) if topic else "", body, word(body.get("id")), "", version),)
