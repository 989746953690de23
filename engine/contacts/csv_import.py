"""`contacts import`: writes a CSV file into the database in batches; rejected rows go to an errors file.

Invariants: importing the same file twice changes nothing. An import may give consent but never lifts an opt-out. A batch is one
transaction, so an interrupted import is simply run again. A list of suppressed numbers creates no contacts.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple, TypeVar

from engine.contacts import consent, refused_opt_outs
from engine.contacts.csv_file import opened, share_read
from engine.contacts.csv_layout import Layout
from engine.contacts.csv_reader import ContactRow, PhoneRow, Reject, read_contacts, read_phones, write_rejects
from engine.contacts.documents import not_ahead
from engine.contacts.import_reasons import ImportReasons
from engine.contacts.people import IncomingContact, NotTaken, upsert
from engine.contacts.refused_opt_outs import OptOut
from engine.core.facts import consent_at
from engine.language.model.project import Project
from engine.language.values.fields import BadValue, convert_named
from engine.messaging.numbers import masked
from engine.store import contacts
from engine.store.contacts import ConsentChange, StoredContact
from engine.store.database import Database
from engine.store.sql import Connection

Progress = Callable[[int, float], None]
"""Is told how many rows were stored since the last time, and what share of the file is read."""

R = TypeVar("R")


class Imported(NamedTuple):
    new: int
    changed: int
    unchanged: int
    rejected: int
    placeless: int = 0  # rows whose timezone names no place
    silent: int = 0  # rows without consent whose numbers are subscribed here
    again: int = 0  # rows of a contact that the file has already named
    outweighed: int = 0  # rows that give consent, and whose numbers have opted out
    phoneless: int = 0  # rows of an export without a number
    left_out: tuple[str, ...] = ()  # columns, as the file calls them
    reasons: tuple[str, ...] = ()  # the commonest of the rejects, with their counts


class Suppressed(NamedTuple):
    new: int  # numbers that had not opted out before
    already: int
    rejected: int
    reasons: tuple[str, ...] = ()  # as of Imported


Settle = Callable[[Connection, Collection[int]], object]


def import_file(
    database: Database,
    project: Project,
    path: Path,
    errors: Path | None,
    now: int,
    progress: Progress = lambda rows, share: None,
    country: str | None = None,
    layout: Layout | None = None,
    settle: Settle = lambda db, contacts: None,
) -> Imported:
    """Import one file; national numbers are those of `country` (ISO 3166). `layout`: how its columns become ours.

    `errors`: where rejects are written (no file is made when there are none). `settle` is called in the transaction of each batch with its
    contacts, when all of it is stored.

    Raises UsageError for a file that can't be read or a header that can't be used; nothing is imported then.
    """
    tally: Counter[str] = Counter()
    specs, layout = project.contact_fields, layout or Layout()

    def store(db: Connection, rows: Sequence[ContactRow]) -> list[Reject | str]:
        return _store(db, project, rows, now, settle)

    with opened(path) as stream:
        batches = read_contacts(
            stream, specs, lambda field, raw: convert_named(specs, field, raw), country=country, layout=layout
        )
        rejects = _rejects(database, store, _told(batches, stream, progress), now, tally)
        rejected, reasons = _write(errors, rejects)
    counts = {
        field: tally[field] for field in ("new", "changed", "unchanged", "placeless", "silent", "again", "outweighed")
    }
    return Imported(
        **counts, rejected=rejected, phoneless=layout.phoneless, left_out=tuple(layout.left_out), reasons=reasons
    )


def suppress_file(
    database: Database,
    path: Path,
    errors: Path | None,
    source: str,
    now: int,
    progress: Progress = lambda rows, share: None,
    country: str | None = None,
) -> Suppressed:
    """Opt out every number of a file, known or not; of its columns only `phone` is read. The rest is as for `import_file`."""
    counts = [0, 0]

    def rejects(batches: Iterator[list[PhoneRow | Reject]]) -> Iterator[Reject]:
        for batch in batches:
            phones = {row.phone for row in batch if isinstance(row, PhoneRow)}
            changes = [ConsentChange(phone, "unsubscribed", source, now) for phone in sorted(phones)]
            changed = len(database.write(lambda db, changes=changes: consent.record(db, changes, now)))  # type: ignore[misc]
            counts[0] += changed
            counts[1] += len(phones) - changed
            yield from (row for row in batch if isinstance(row, Reject))

    with opened(path) as stream:
        batches = _told(read_phones(stream, country=country), stream, progress)
        rejected, reasons = _write(errors, rejects(batches))
    return Suppressed(counts[0], counts[1], rejected, reasons)


def _told(batches: Iterator[list[R]], stream: BinaryIO, progress: Progress) -> Iterator[list[R]]:
    """The batches; of each is told when the next one is asked for, which is when it is stored."""
    for batch in batches:
        yield batch
        progress(len(batch), share_read(stream))


def _write(errors: Path | None, rejects: Iterator[Reject]) -> tuple[int, tuple[str, ...]]:
    """How many there were, and the commonest reasons; those of the rest are counted together."""
    reasons = ImportReasons("row")

    def counted() -> Iterator[Reject]:
        for reject in rejects:
            reasons.add(reject.reason)
            yield reject

    if errors is not None:
        write_rejects(errors, counted())
    else:
        deque(counted(), maxlen=0)
    return reasons.count, reasons.told()


def _rejects(
    database: Database,
    store: Callable[[Connection, Sequence[ContactRow]], list[Reject | str]],
    batches: Iterator[list[ContactRow | Reject]],
    now: int,
    tally: Counter[str],
) -> Iterator[Reject]:
    for read in batches:
        batch = [_in_time(row, now) for row in read]
        rows = [row for row in batch if isinstance(row, ContactRow)]
        told = database.write_apart(store, rows, _fault)
        tally["placeless"] += sum(row.warning is not None for row in rows)
        for became in told:
            if isinstance(became, str):
                tally[became] += 1
        refused = sorted((row for row in [*batch, *told] if isinstance(row, Reject)), key=lambda reject: reject.line)
        refused = list(_with_opt_outs(database, refused, now))
        _count_by_consent(
            database, [row for row, became in zip(rows, told, strict=True) if isinstance(became, str)], tally, now
        )
        yield from refused


def _count_by_consent(database: Database, taken: Sequence[ContactRow], tally: Counter[str], now: int) -> None:
    """Counts the accepted rows whose consent differs from the stored one."""
    asked = [row for row in taken if row.silent or row.consent == "subscribed"]
    if not asked:
        return
    with database.reading() as db:
        standing = contacts.consents(db, [row.phone for row in asked])
    for row in asked:
        found = standing.get(row.phone)
        status = None if found is None else consent_at(found.status, found.expires, now)
        tally["silent"] += row.silent and status == "subscribed"
        tally["outweighed"] += row.consent == "subscribed" and status == "unsubscribed"


def _fault(row: ContactRow) -> Reject | str:
    return Reject(row.line, "", "", "a bug in Leadoff: see the log", _opt_out(row))


def _opt_out(row: ContactRow) -> OptOut | None:
    return OptOut((row.phone,), None, row.consent_source or "import") if row.consent == "unsubscribed" else None


def _in_time(row: ContactRow | Reject, now: int) -> ContactRow | Reject:
    """Rejects a row whose consent is in the future; one that is slightly ahead becomes now (E4)."""
    if not isinstance(row, ContactRow) or row.consent_at is None:
        return row
    try:
        return row._replace(consent_at=not_ahead(row.consent_at, now, "consent_at"))
    except BadValue as error:
        return Reject(row.line, "consent_at", "", error.reason, _opt_out(row))


def _with_opt_outs(database: Database, refused: Sequence[Reject], now: int) -> Iterator[Reject]:
    """What is refused still opts out the number that it names (C0)."""
    taken = refused_opt_outs.take(database, [reject.opt_out for reject in refused], now)
    for reject, opted_out in zip(refused, taken, strict=True):
        yield reject._replace(reason=f"{reject.reason}; {refused_opt_outs.SAID}") if opted_out else reject


def _store(
    db: Connection, project: Project, rows: Sequence[ContactRow], now: int, settle: Settle
) -> list[Reject | str]:
    """For each row the field of `Imported` that counts it, or why it is refused; a contact counts with its first row alone."""
    known = {contact.phone: contact for contact in contacts.find(db, [row.phone for row in rows], [])}
    incoming = [IncomingContact(None if row.key == row.phone else row.key, row.phone, row.values) for row in rows]
    told: list[Reject | str] = []
    changes: list[ConsentChange] = []
    seen: set[str] = set()
    became = upsert(db, incoming, project.timezone, now)
    for row, found in zip(rows, became, strict=True):
        if isinstance(found, NotTaken):
            value = masked(row.phone) if found.column == "phone" else f"{row.key[:2]}•••"
            told.append(Reject(row.line, found.column, value, found.reason, _opt_out(row)))
            continue
        if row.consent is not None:
            at = row.consent_at if row.consent_at is not None else now
            said = ConsentChange(
                row.phone, row.consent, row.consent_source or "import", at, expires=row.consent_expires
            )
            changes.append(said)
        told.append("again" if row.phone in seen else _became(known.get(row.phone), found))
        seen.add(row.phone)
    consent.record(db, changes, now)
    settle(db, {each.id for each in became if isinstance(each, StoredContact)})
    return told


def _became(before: StoredContact | None, after: StoredContact) -> str:
    if before is None:
        return "new"
    return "unchanged" if (before.key, before.fields) == (after.key, after.fields) else "changed"
