"""Fetches the pictures that come with events: claim what was asked for, fetch, check and fit it, store it with the row that names it.

    claim    one write transaction: a lease; what has no result by its end is fetched by another
    send     the requests and the fitting, outside of any transaction
    settle   one write transaction: the pictures, and what became of each

Invariants: only hosts of `image_hosts` are asked, also by redirects, and never at a private address. Time, bytes and redirects of a request
are limited, and one picture at a time is decoded, so a hostile host costs a worker some seconds and the process no more memory than one
picture. Nothing waits for it but a step that shows the picture, half a minute at most. A reason names the host, and nothing else of the
address.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from urllib.parse import urlsplit

from engine.delivery.outbox import Claim
from engine.delivery.web_call import CallDeferred, CallRefused, Request
from engine.delivery.webhooks import Call
from engine.deploy.deployed import Deployed
from engine.deploy.media_cache import image_limit
from engine.messaging.media.picture import BadMedia, Fitted, is_cropped, parts_of
from engine.store import pictures
from engine.store.database import Database
from engine.store.pictures import Due, Fetched

log = logging.getLogger("leadoff.delivery")
REQUEST_MS = 8_000
WHOLE_SECONDS = 20.0  # of all requests for one collage
RETRY_MS = (3_000, 9_000)  # before the second and the third attempt: they are over when the step has waited long enough
LARGEST = 10_000_000  # bytes of a file
SMALLEST = 200  # pixels of either side: a thumbnail is not what a phone should show
ACCEPT = "image/jpeg, image/png, image/webp, image/gif"


class EventPictures:
    """Everything that a pool needs."""

    name = "pictures"

    def __init__(
        self, database: Database, deployed: Callable[[], Deployed], call: Call, request_ms: int = REQUEST_MS
    ) -> None:
        """`request_ms`: the longest time of one request."""
        self._database = database
        self._request_ms = request_ms
        self._deployed = deployed
        self._call = call
        self._decoding = Lock()

    def claim(self, now: int, limit: int) -> Claim[Due]:
        """At most `limit` pictures that are due."""
        due = self.next_due(now)
        if due is None or due > now:
            return Claim((), due, now)
        found = self._database.write(lambda db: pictures.claim(db, now, limit))
        return Claim(tuple(found), now if len(found) == limit else None, now)

    def send(self, due: Due, claimed_at: int, clock: Callable[[], int]) -> tuple[Fetched, ...]:
        """One attempt and what became of it: the picture, and those that a collage is of. Never raises."""
        try:
            return self._fetched(due, clock)
        except Exception:  # a bug must not keep the message for ever
            log.exception("fetching a picture failed by a bug in Leadoff")
            return (Fetched(due.name, why="a bug in Leadoff", for_good=True),)

    def settle(self, results: Sequence[tuple[Fetched, ...]], now: int) -> None:
        if results:
            every = [each for result in results for each in result]
            self._database.write(lambda db: pictures.settle(db, every, now))

    def next_due(self, now: int) -> int | None:
        """The first instant at which a claim may bring something."""
        with self._database.reading() as db:
            return pictures.next_due(db)

    def close(self) -> None:
        """Nothing is kept open between requests."""

    def _fetched(self, due: Due, clock: Callable[[], int]) -> tuple[Fetched, ...]:
        urls = parts_of(due.name)
        known: Mapping[str, Fetched] = {}
        if len(urls) > 1:
            with self._database.reading() as db:
                known = pictures.fresh(db, urls, clock())
        singles, later = self._singles(urls, known)
        new = tuple(each for each in singles if each.is_there and each.name not in known)
        if later and due.attempts < len(RETRY_MS):
            return (*new, Fetched(due.name, again=clock() + RETRY_MS[due.attempts]))
        return (*new, self._combined(due.name, singles, not later)) if len(urls) > 1 else singles

    def _singles(self, urls: Sequence[str], known: Mapping[str, Fetched]) -> tuple[tuple[Fetched, ...], bool]:
        """What became of each, and whether a later attempt may bring more."""
        ends, later, found = time.monotonic() + WHOLE_SECONDS, False, []
        for url in urls:
            if url in known:
                found.append(known[url])
                continue
            try:
                made = self._fitted([self._file(url, ends)])
                found.append(Fetched(url, made.info.ref, made.data))
            except CallDeferred as error:
                later = True
                found.append(Fetched(url, why=_said(url, error.message)))
            except (CallRefused, BadMedia) as error:
                reason = error.reason if isinstance(error, BadMedia) else error.message
                found.append(Fetched(url, why=_said(url, reason), for_good=True))
        return tuple(found), later

    def _file(self, url: str, ends: float) -> bytes:
        """Raises CallRefused or CallDeferred."""
        project = self._deployed().project
        left = min(self._request_ms, round((ends - time.monotonic()) * 1000))
        if left <= 0:
            raise CallDeferred("no answer in time")
        request = Request(
            "GET", url, {}, None, left, accept=ACCEPT, most_bytes=LARGEST, hosts=frozenset(project.image_hosts)
        )
        return self._call(request, project.webhooks.allow_hosts).body

    def _combined(self, name: str, singles: Sequence[Fetched], for_good: bool) -> Fetched:
        there = [single for single in singles if single.is_there]
        missing = [single.why for single in singles if not single.is_there]
        if not there:
            return Fetched(name, why=missing[0], for_good=for_good)
        why = (
            f"of {len(singles)} pictures {len(missing)} {'is' if len(missing) == 1 else 'are'} missing: {missing[0]}"
            if missing
            else None
        )
        if len(there) == 1:
            return Fetched(name, there[0].ref, there[0].data, why)
        try:
            made = self._fitted([each.data for each in there], is_cropped(name))
        except BadMedia as error:
            return Fetched(name, why=error.reason, for_good=True)
        return Fetched(name, made.info.ref, made.data, why)

    def _fitted(self, files: Sequence[bytes], crop: bool = False) -> Fitted:
        """Raises BadMedia."""
        limit = image_limit(self._deployed().project)
        with self._decoding:
            return _made(files, limit, crop)


def _made(files: Sequence[bytes], limit: int, crop: bool) -> Fitted:
    # Pillow is loaded here: a daemon that fetches no picture does not need it.
    from engine.messaging.media.collage import collage
    from engine.messaging.media.fitting import fit

    if len(files) > 1:
        return collage(files, limit, crop)
    made = fit(files[0], limit, as_photo=True)
    width, height = made.sources[0].width, made.sources[0].height
    if min(width, height) < SMALLEST:
        raise BadMedia("pixels", f"it has {width}×{height} pixels, less than {SMALLEST} in width or height")
    return made


def _said(url: str, reason: str) -> str:
    return f"{urlsplit(url).hostname}: {reason}"
