"""A project's pictures as they will be sent: read, fitted, and cached (promise MM2).

Invariants: the cache only saves time. Its key is the content of the input, the limit and the version of the fitting. A damaged entry is
made again; a folder that cannot be written to is no error. What was not used for 90 days goes when a new entry comes. The entry of a
picture that is sent unchanged has none of its bytes: it says that they were decoded, and are believed only where they are those that it
names.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import PIL

from engine import private_files
from engine.language.model.project import Project
from engine.messaging.media import contact_card
from engine.messaging.media.picture import VERSION, BadMedia, BadTiles, Fitted, MediaInfo, Source, is_cropped, parts_of
from engine.messaging.media_limits import DEFAULT, limits

KEPT = ".leadoff/fitted"
UNUSED_SECONDS = 90 * 86_400
Read = Callable[[str], bytes | None]
Found = Fitted | BadMedia | None


def card_of(project: Project | None) -> contact_card.Details | None:
    """What the card of `card: true` says; None where leadoff.yaml does not say it."""
    if project is None:
        return None
    numbers = tuple(each.number for each in project.senders.values() if each.mms)
    return contact_card.Details(project.brand, numbers, project.support, project.logo)


def image_limit(project: Project | None) -> int:
    """The most bytes that each sender of pictures takes."""
    senders = project.senders.values() if project is not None else ()
    return min(
        (limits(each.provider, each.kind).image_bytes for each in senders if each.mms), default=DEFAULT.image_bytes
    )


class Pictures:
    """Called with a name (a path, the paths of a collage, or contact_card.OWN), it returns what will be sent; each is inspected once.

    `keep`: the project's folder, where what was fitted is kept. `card`: what the contact card of the project says.
    """

    def __init__(
        self,
        read: Read,
        limit: Callable[[], int] = lambda: DEFAULT.image_bytes,
        keep: Path | None = None,
        card: Callable[[], contact_card.Details | None] = lambda: None,
    ):
        self._read, self._limit, self._keep, self._card = read, limit, keep, card
        self._known: dict[str, MediaInfo | BadMedia | None] = {}

    def __call__(self, name: str) -> MediaInfo | BadMedia | None:
        if name not in self._known:
            found = self.fitted(name)
            self._known[name] = found.info if isinstance(found, Fitted) else found
        return self._known[name]

    def fitted(self, name: str) -> Found:
        """The picture itself; None where there is no such file, and of a card where leadoff.yaml cannot be read."""
        if contact_card.is_card(name):
            return self._own_card() if name == contact_card.OWN else self._read_card(name)
        files = [self._read(path) for path in parts_of(name)]
        if files == [None]:
            return None
        missing = {at: BadMedia("missing", "there is no such file") for at, data in enumerate(files) if data is None}
        whole = [data or b"" for data in files]
        crop = is_cropped(name)
        key = self._key(whole, crop)
        found = self._kept(key, whole) if not missing else None
        if found is None:
            found = _made(whole, self._limit(), crop, missing)
            if self._keep is not None and _worth_keeping(found):
                _write(self._keep / KEPT, key, _packed(found, whole))
        return found

    def _read_card(self, path: str) -> Found:
        data = self._read(path)
        try:
            return None if data is None else contact_card.read(data, self._limit())
        except BadMedia as error:
            return error

    def _own_card(self) -> Found:
        """What is wrong with it is wrong with its logo."""
        about = self._card()
        if about is None:
            return None
        logo = self._read(about.logo) if about.logo else b""
        if logo is None:
            return BadMedia("missing", "there is no such file")
        key = self._key([logo], about)
        found = self._kept(key, [logo])
        if found is None:
            try:
                found = contact_card.made(about, logo)
            except BadMedia as error:
                return error
            if self._keep is not None:
                _write(self._keep / KEPT, key, _packed(found, [logo]))
        return found

    def _key(self, files: Sequence[bytes], about: bool | contact_card.Details) -> str:
        """Of all that the result depends on. `about`: of a picture, whether it is cropped."""
        told = f"{VERSION} {PIL.__version__} {self._limit()} {about} " + " ".join(
            sha256(data).hexdigest() for data in files
        )
        return sha256(told.encode()).hexdigest()

    def _kept(self, key: str, files: Sequence[bytes]) -> Found:
        packed = self._read(f"{KEPT}/{key}") if self._keep is not None else None
        if packed and self._keep is not None:
            _note_used(self._keep / KEPT / key)
        return _unpacked(packed, files) if packed else None


def _made(files: Sequence[bytes], limit: int, crop: bool, missing: dict[int, BadMedia]) -> Fitted | BadMedia:
    # Pillow is loaded here: a picture that is kept needs no decoder.
    from engine.messaging.media.collage import collage
    from engine.messaging.media.fitting import fit

    try:
        return fit(files[0], limit) if len(files) == 1 else collage(files, limit, crop)
    except BadTiles as error:
        return BadTiles({**error.tiles, **missing})
    except BadMedia as error:
        return error


def _worth_keeping(found: Fitted | BadMedia) -> bool:
    # A file that is too large after many tries is kept; any other that cannot be sent is soon seen.
    return isinstance(found, Fitted) or (found.fault == "bytes" and not isinstance(found, BadTiles))


def _packed(found: Fitted | BadMedia, files: Sequence[bytes]) -> bytes:
    """The sum of the rest, a line about the picture, the picture where it is not the file itself."""
    if isinstance(found, Fitted):
        told, data = found._asdict() | {"data": None}, b"" if found.data == files[0] else found.data
    else:
        told, data = {"fault": found.fault, "reason": found.reason, "help": found.help}, b""
    body = json.dumps(told).encode() + b"\n" + data
    return sha256(body).hexdigest().encode() + b"\n" + body


def _unpacked(packed: bytes, files: Sequence[bytes]) -> Found:
    sum, _, body = packed.partition(b"\n")
    if sha256(body).hexdigest().encode() != sum:
        return None
    head, _, data = body.partition(b"\n")
    told: dict[str, Any] = json.loads(head)
    if "fault" in told:
        return BadMedia(**told)
    sources = tuple(Source(*each) for each in told["sources"])
    ref, kind, size, width, height, stilled = told["info"]
    info, actions = MediaInfo(ref, kind, size, width, height, tuple(stilled)), tuple(told["actions"])
    data = data or files[0]
    if not ref.startswith(sha256(data).hexdigest()):
        return None
    return Fitted(info, data, told["frames"], told["quality"], actions, sources)


def _write(folder: Path, name: str, data: bytes) -> None:
    """It is complete or not there."""
    with suppress(OSError):
        private_files.make_folder(folder)
        with tempfile.TemporaryDirectory(dir=folder) as aside:
            draft = Path(aside, name)
            draft.write_bytes(data)
            draft.replace(folder / name)
        _prune(folder, (folder / name).stat().st_mtime)


def _note_used(entry: Path) -> None:
    """Once a day is enough."""
    with suppress(OSError):
        if entry.stat().st_mtime < time.time() - 86_400:
            os.utime(entry)


def _prune(folder: Path, now: float) -> None:
    """Delete what was not used for long."""
    for entry in folder.iterdir():
        if entry.stat().st_mtime < now - UNUSED_SECONDS:
            entry.unlink(missing_ok=True)
