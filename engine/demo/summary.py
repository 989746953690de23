"""The demo's summary: who got what and when, who did not and why, what it cost; and whether the ledger agrees."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from engine.demo.world import DemoWorld
from engine.messaging.numbers import masked
from engine.simulator.ledger import Entry
from engine.store.queries import outcomes
from engine.store.queries.outcomes import ContactRow, MessageRow, RunRow
from engine.store.states import ANSWERS

AT_THE_PROVIDER = ("accepted", "sent", "delivered", "undelivered", "failed", "unknown")
ICONS = {
    "delivered": "[green]✓[/]",
    "accepted": "[green]→[/]",
    "sent": "[green]→[/]",
    "undelivered": "[red]✗[/]",
    "failed": "[red]✗[/]",
}


def label(at: int, zone: str) -> str:
    """Day and time on the contact's own clock: Thu, Apr 1 · 10:04 AM."""
    moment = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    return f"{moment:%a, %b} {moment.day} · {moment:%I:%M %p}".replace("· 0", "· ")


def dollars(millionths: int) -> str:
    return f"${millionths / 1_000_000:,.3f}"


def show(console: Console, world: DemoWorld) -> int:
    """Print the tables, and why a flow sent nothing; how many messages of flows were sent."""
    with world.app.database.reading() as db:
        people, sent, runs, refused, held = (
            outcomes.contacts(db),
            outcomes.messages(db),
            outcomes.runs(db),
            outcomes.refusals(db),
            outcomes.holds(db),
        )
    by_contact: dict[int, list[MessageRow]] = defaultdict(list)
    for message in sent:
        by_contact[message.contact].append(message)
    ends: dict[int, list[RunRow]] = defaultdict(list)
    for run in runs:
        if run.flow != ANSWERS:
            ends[run.contact].append(run)
    not_entered = {contact: why for contact, _, why in refused}
    table = Table(title="Who got what", title_justify="left", header_style="bold", border_style="dim", expand=False)
    for column in ("contact", "number", "messages (in the contact's local time)", "the runs ended", "cost"):
        table.add_column(column, justify="right" if column == "cost" else "left", overflow="fold")
    for person in people:
        messages = by_contact.get(person.id, [])
        if not messages and person.id not in ends and person.id not in not_entered:
            continue
        cost = sum(_cost(message) for message in messages)
        story = (
            "\n".join(_line(m, person, held.get((m.contact, m.flow, m.step))) for m in messages)
            or f"[dim]{_silence(ends.get(person.id, []), not_entered.get(person.id))}[/]"
        )
        table.add_row(
            person.name, masked(person.phone), story, "\n".join(map(_end, ends.get(person.id, []))), dollars(cost)
        )
    if table.row_count:
        console.print(table)
    _totals(console, sent)
    for flow in sorted(world.app.deployed().programs):
        _silent(console, flow, sent, runs, [why for _, of, why in refused if of == flow])
    return sum(_went_out(message) and message.flow != ANSWERS for message in sent)


def _silence(entered: Sequence[RunRow], refused: str | None) -> str:
    """Why nothing is written to somebody."""
    if not entered:
        return f"not entered: {refused}"
    return "no message" if all(run.status == "exited" for run in entered) else "no message yet"


def _went_out(message: MessageRow) -> bool:
    return message.status in AT_THE_PROVIDER


def _silent(
    console: Console, flow: str, sent: Sequence[MessageRow], runs: Sequence[RunRow], refused: Sequence[str]
) -> None:
    """Why, where this flow sent nothing."""
    written = [message for message in sent if message.flow == flow]
    if any(map(_went_out, written)):
        return
    ends = [_end(run) for run in runs if run.flow == flow]
    whys = Counter(f"{m.status}: {m.reason}" for m in written) or Counter(ends) or Counter(refused)
    told = ", ".join(f"{count} × {why}" for why, count in whys.most_common(3)) or "nobody entered"
    console.print(f"[yellow]![/] {flow} sent nothing ({len(ends)} entered): {told}")


def _line(message: MessageRow, person: ContactRow, held: str | None) -> str:
    kind = "MMS" if message.media else "SMS"
    if message.flow == ANSWERS:
        kind = "our answer:"
    if message.status in AT_THE_PROVIDER and message.sent_at is not None:
        again = f" [cyan](held: {held})[/]" if held else ""
        again += f" [yellow](attempt {message.attempts})[/]" if message.attempts > 1 else ""
        again += " [yellow](the phone cannot receive MMS)[/]" if message.no_mms else ""
        again += " [yellow](the response was lost; resolved by its callback)[/]" if message.lost else ""
        why = (
            f" [red]{message.reason}[/]"
            if message.reason and message.status not in ("accepted", "sent", "delivered")
            else ""
        )
        return (
            f"{ICONS.get(message.status, '?')} {kind} {message.step} {label(message.sent_at, person.zone)}{again}{why}"
        )
    return f"[dim]– {message.step} {message.status}: {message.reason}[/]"


def _cost(message: MessageRow) -> int:
    """What was refused costs nothing; what the provider took does, delivered or not."""
    return message.price if message.provider_id is not None else 0


def _end(run: RunRow) -> str:
    return run.reason or "" if run.status == "exited" else f"{run.status} at {run.step}"


def _totals(console: Console, sent: Sequence[MessageRow]) -> None:
    gone = [message for message in sent if _went_out(message)]
    kept = Counter(f"{m.status}: {m.reason}" for m in sent if not _went_out(m))
    mms = [message for message in gone if message.media]
    texts = [message for message in gone if not message.media]
    console.print(
        f"\n[bold]{len(mms)} MMS[/] {dollars(sum(map(_cost, mms)))} + [bold]{len(texts)} SMS[/] "
        f"{dollars(sum(map(_cost, texts)))} = [bold]{dollars(sum(map(_cost, gone)))}[/]"
        f"   ({', '.join(f'{count} {status}' for status, count in sorted(Counter(m.status for m in gone).items()))})"
    )
    for why, count in kept.most_common():
        console.print(f"[dim]{count} not sent – {why}[/]")


def differences(world: DemoWorld) -> list[str]:
    """Where our database and the simulator's ledger disagree; [] when every message stands once in both."""
    with world.app.database.reading() as db:
        ours = {message.tag: message for message in outcomes.messages(db)}
    ledger: dict[str, list[Entry]] = defaultdict(list)
    for entry in world.simulator.ledger.messages():
        ours_is_text = (known := ours.get(str(entry.tag))) is not None and known.no_mms
        if not (ours_is_text and entry.media_url is not None and entry.status in ("failed", "undelivered")):
            ledger[str(entry.tag)].append(entry)  # else nobody got it, and its `otherwise` went in its place
    found = [
        f"{tag}: the provider accepted it {len(entries)} times" for tag, entries in ledger.items() if len(entries) > 1
    ]
    found += [f"{tag}: the provider has it, Leadoff does not" for tag in ledger if tag not in ours]
    for tag, message in ours.items():
        entries = ledger.get(tag, [])
        if message.status in ("accepted", "sent", "delivered", "undelivered") and not entries:
            found.append(f"{tag}: Leadoff says {message.status}, the provider does not have it")
        for entry in entries:
            if entry.text != message.text or (entry.media_sha256 or "") != (message.media or "").partition(".")[0]:
                found.append(f"{tag}: the provider has another text or picture")
            if message.status != entry.status and not _one_word(message.status, entry):
                found.append(f"{tag}: Leadoff says {message.status}, the provider says {entry.status}")
    return found


def _one_word(status: str, entry: Entry) -> bool:
    """Bandwidth says message-failed, whoever it was that refused."""
    return entry.api == "bandwidth" and {status, entry.status} == {"failed", "undelivered"}
