"""The demo from beginning to end."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from engine.demo import summary
from engine.demo.people import import_people
from engine.demo.script import Script, purchase, read_events
from engine.demo.starts import Person, first_instant, last_firing, made_up
from engine.demo.world import DemoWorld, copy_project
from engine.deploy.read_project import pictures_of, read_and_check
from engine.errors import Refused, UsageError
from engine.intake.events import IncomingEvent
from engine.language.check import Checked
from engine.language.diagnostics.findings import counted
from engine.messaging.media.picture import Fitted, parts_of
from engine.preview.drawing.conversation import Bubble, conversation
from engine.registry import registry
from engine.store.queries import outcomes
from engine.store.states import ANSWERS

START = int(datetime(2027, 4, 1, 14, 4, tzinfo=UTC).timestamp() * 1000)


def run(project: Path, picture: Path, console: Console, api: str = "simulator", people: Path | None = None) -> int:
    """Play `project` in a scratch copy, its senders speaking `api`.

    `people` is a CSV of made-up contacts, for a project without a contacts.csv. Writes one conversation to `picture` where there is
    one. 0 when messages were sent and the ledger agrees with the database, else 1.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="leadoff-demo-") as scratch:
        folder = Path(scratch) / "project"
        copy_project(project, folder)
        start = first_instant(read_and_check(folder, registry()), START)
        world = DemoWorld(folder, start, api)
        try:
            play(world, folder, console, people)
            sent = summary.show(console, world)
            drawn = _draw(world, picture)
            differences = summary.differences(world)
        finally:
            world.close()
    for line in differences:
        console.print(f"[red]differs[/] {line}")
    count = len(world.simulator.ledger.messages())
    if not differences:
        console.print(f"\n[green]✓[/] the provider's ledger agrees: {count} messages, each once")
    took = f"({time.monotonic() - began:.1f} s)"
    if drawn:
        console.print(f"[green]✓[/] one conversation, drawn: [bold]{picture}[/]   {took}")
    if not sent:
        console.print(f"[red]✗[/] no flow sent a message; the reasons are listed above   {took}")
    return 0 if sent and not differences else 1


def play(world: DemoWorld, folder: Path, console: Console, people: Path | None = None) -> None:
    app = world.app
    checked = read_and_check(folder, app.registry)
    applied = app.apply(checked)
    console.print(f"[green]✓[/] applied {', '.join(applied.flows)} ({applied.hash[:12]})")
    _refuse_empty(checked)
    for line in _pictures(folder, checked):
        console.print(f"[green]✓[/] {line}")
    known = import_people(app, folder, people)
    console.print(f"[green]✓[/] imported {len(known)} contacts")
    world.open()
    world.last_until(last_firing(checked, world.clock.now()))
    plan = _plan(world, checked, known, read_events(folder))
    if plan.phones:
        console.print(f"[green]✓[/] {'; '.join(plan.summary)}")
    console.print()
    zone = app.deployed().project.timezone
    with console.status("") as status:
        last = ""

        def jumped(now: int) -> None:
            nonlocal last
            sent = counted(len(world.simulator.ledger.messages()), "message")
            line = f"{summary.label(now, zone)} – {sent} at the provider"
            status.update(line)
            if line.partition("·")[0] != last:
                last = line.partition("·")[0]
                console.print(f"[dim]{line}[/]")

        world.play(plan.next_act, jumped)
    console.print()


def _refuse_empty(checked: Checked) -> None:
    """Raises Refused where there is nothing to play."""
    if not checked.flows:
        raise Refused("the project has no flow to run", "`leadoff init --list` shows templates")
    if checked.project is None or not checked.project.senders:
        raise Refused("leadoff.yaml has no sender, so nothing can be sent", "`leadoff init` shows one")


def _plan(world: DemoWorld, checked: Checked, known: list[Person], entries: list[IncomingEvent]) -> Script:
    """What people will do, with two faults of the provider."""
    buys = purchase(world)
    played = {item.event for item in entries} | ({buys} if buys else set())
    starts = made_up(checked, known, played, world.clock.now())
    plan = Script(world, entries, starts, buys)
    begin = [f"{len(entries)} events of events.json"] if entries else []
    begin += [f"{len(starts)} contacts are started by events made up from the triggers"] if starts else []
    if plan.phones:
        world.simulator.add_fault(f"drop_answer@{plan.phones[7 % len(plan.phones)]}")
        world.simulator.add_fault(f"429@{plan.phones[1 % len(plan.phones)]};retry_after=3")
        plan.summary += ["one response of the provider is lost", "one is 429"]
    plan.summary = [*begin, ", ".join(plan.summary)]
    return plan


def _pictures(folder: Path, checked: Checked) -> Iterator[str]:
    """What was changed in the pictures that could not be sent as they are."""
    pictures = pictures_of(folder, lambda: checked.project)
    for name in checked.media:
        found = pictures.fitted(name)
        if isinstance(found, Fitted) and found.actions:
            paths = [Path(path).name for path in parts_of(name)]
            yield f"{' + '.join(paths)}: {found.summary()}"


def _draw(world: DemoWorld, picture: Path) -> bool:
    """Draw the conversation of the contact with the most messages; False where no message was delivered."""
    with world.app.database.reading() as db:
        zones, sent = {each.id: each.zone for each in outcomes.contacts(db)}, outcomes.messages(db)
    delivered: dict[int, list[outcomes.MessageRow]] = defaultdict(list)
    for message in sent:
        if message.status == "delivered" and message.flow != ANSWERS:  # answers are not drawn
            delivered[message.contact].append(message)
    if not delivered:
        return False
    contact, shown = max(delivered.items(), key=lambda each: (any(m.media for m in each[1]), len(each[1]), -each[0]))
    bubbles = []
    for message in shown:
        image = (world.app.media_dir / message.media).read_bytes() if message.media else None
        at = summary.label(message.sent_at or message.queued_at, zones[contact])
        bubbles.append(Bubble("in", message.text, image, at))
    project = world.app.deployed().project
    number = next(iter(project.senders.values())).number
    elsewhere = "run the demo in another folder"
    if picture.is_symlink():
        raise UsageError(f"{picture} is a symbolic link and was not written", elsewhere)
    try:
        conversation(bubbles, project.brand, number).save(picture, "PNG")
    except OSError as error:
        raise UsageError(f"cannot write {picture}: {error.strerror}", elsewhere) from error
    return True
