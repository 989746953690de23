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
from engine.store.queries.listings import MILLION
from engine.store.queries.outcomes import ContactRow, MessageRow, RunRow
from engine.store.states import ANSWERS

WENT_OUT = ("accepted", "sent", "delivered", "undelivered", "failed", "unknown")
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
    return f"${millionths / MILLION:,.3f}"


def show(console: Console, world: DemoWorld) -> bool:
    """Print the tables, and why a flow sent nothing; whether a flow sent something, or none of them sends."""
    with world.app.database.reading() as db:
        people, sent, runs = outcomes.contacts(db), outcomes.messages(db), outcomes.runs(db)
        refusals, held = outcomes.refusals(db), outcomes.holds(db)
    messages: dict[int, list[MessageRow]] = defaultdict(list)
    for message in sent:
        messages[message.contact].append(message)
    entered: dict[int, list[RunRow]] = defaultdict(list)
    for run in runs:
        entered[run.contact].append(run)
    refused = {contact: why for contact, _, why in refusals}
    table = Table(title="Who got what", title_justify="left", header_style="bold", border_style="dim", expand=False)
    for column in ("contact", "number", "messages (in the contact's local time)", "the runs ended", "cost"):
        table.add_column(column, justify="right" if column == "cost" else "left", overflow="fold")
    for person in people:
        mine, ends = messages[person.id], entered[person.id]
        if not mine and not ends and person.id not in refused:
            continue
        lines = [_line(each, person, held.get((each.contact, each.flow, each.step))) for each in mine]
        lines = lines or [f"[dim]{_silence(ends, refused.get(person.id))}[/]"]
        cost = dollars(sum(map(_cost, mine)))
        table.add_row(person.name, masked(person.phone), "\n".join(lines), "\n".join(map(_end, ends)), cost)
    if table.row_count:
        console.print(table)
    _totals(console, sent)
    programs = world.app.deployed().programs
    senders = sorted(flow for flow, program in programs.items() if any(node.block.sends for node in program.nodes))
    for flow in senders:
        _silent(console, flow, sent, runs, [why for _, of, why in refusals if of == flow])
    return not senders or any(_went_out(message) and message.flow != ANSWERS for message in sent)


def _silence(entered: Sequence[RunRow], refused: str | None) -> str:
    """Why a contact has no message."""
    if not entered:
        return f"not entered: {refused}"
    return "no message" if all(run.status == "exited" for run in entered) else "no message yet"


def _went_out(message: MessageRow) -> bool:
    return message.status in WENT_OUT


def _silent(
    console: Console, flow: str, sent: Sequence[MessageRow], runs: Sequence[RunRow], refused: Sequence[str]
) -> None:
    """Print why, where this flow sent nothing."""
    written = [message for message in sent if message.flow == flow]
    if any(map(_went_out, written)):
        return
    ends = [_end(run) for run in runs if run.flow == flow]
    whys = Counter(f"{m.status}: {m.reason}" for m in written) or Counter(ends) or Counter(refused)
    reasons = ", ".join(f"{count} × {why}" for why, count in whys.most_common(3)) or "nobody entered"
    console.print(f"[yellow]![/] {flow} sent nothing ({len(ends)} entered): {reasons}")


def _line(message: MessageRow, person: ContactRow, held: str | None) -> str:
    if not _went_out(message) or message.sent_at is None:
        return f"[dim]– {message.step} {message.status}: {message.reason}[/]"
    kind = "our answer:" if message.flow == ANSWERS else "MMS" if message.media else "SMS"
    parts = [f"{ICONS.get(message.status, '?')} {kind} {message.step} {label(message.sent_at, person.zone)}"]
    if held:
        parts.append(f"[cyan](held: {held})[/]")
    if message.attempts > 1:
        parts.append(f"[yellow](attempt {message.attempts})[/]")
    if message.no_mms:
        parts.append("[yellow](the phone cannot receive MMS)[/]")
    if message.lost:
        parts.append("[yellow](the response was lost; resolved by its callback)[/]")
    if message.reason and message.status not in ("accepted", "sent", "delivered"):
        parts.append(f"[red]{message.reason}[/]")
    return " ".join(parts)


def _cost(message: MessageRow) -> int:
    """A message that the provider refused costs nothing; one that it accepted does, delivered or not."""
    return message.price if message.provider_id is not None else 0


def _end(run: RunRow) -> str:
    return run.reason or "" if run.status == "exited" else f"{run.status} at {run.step}"


def _totals(console: Console, sent: Sequence[MessageRow]) -> None:
    gone = [message for message in sent if _went_out(message)]
    mms, texts = ([each for each in gone if bool(each.media) is media] for media in (True, False))
    costs = [dollars(sum(map(_cost, each))) for each in (mms, texts, gone)]
    statuses = ", ".join(f"{count} {status}" for status, count in sorted(Counter(m.status for m in gone).items()))
    console.print(
        f"\n[bold]{len(mms)} MMS[/] {costs[0]} + [bold]{len(texts)} SMS[/] {costs[1]} = [bold]{costs[2]}[/]   ({statuses})"
    )
    kept = Counter(f"{m.status}: {m.reason}" for m in sent if not _went_out(m))
    for why, count in kept.most_common():
        console.print(f"[dim]{count} not sent – {why}[/]")


def differences(world: DemoWorld) -> list[str]:
    """Where the database and the simulator's ledger disagree; [] when every message is once in both."""
    with world.app.database.reading() as db:
        ours = {message.tag: message for message in outcomes.messages(db)}
    ledger: dict[str, list[Entry]] = defaultdict(list)
    for entry in world.simulator.ledger.messages():
        message = ours.get(str(entry.tag))
        replaced = message is not None and message.no_mms  # the MMS was not received; its `otherwise` went out
        if not (replaced and entry.media_url is not None and entry.status in ("failed", "undelivered")):
            ledger[str(entry.tag)].append(entry)
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
            if message.status != entry.status and not _same_status(message.status, entry):
                found.append(f"{tag}: Leadoff says {message.status}, the provider says {entry.status}")
    return found


def _same_status(status: str, entry: Entry) -> bool:
    """Bandwidth says message-failed for both."""
    return entry.api == "bandwidth" and {status, entry.status} == {"failed", "undelivered"}
