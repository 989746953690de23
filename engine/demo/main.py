"""The demo from beginning to end."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from engine.contacts.csv_import import import_file
from engine.demo import script, summary
from engine.demo.script import Script
from engine.demo.world import DemoWorld, copy_project
from engine.deploy.apply import read_and_check
from engine.deploy.project_files import pictures_of
from engine.language import Checked
from engine.language.model.media_path import parts_of
from engine.messaging.media.encoding import Fitted
from engine.messaging.media.fit_summary import fit_summary
from engine.preview.conversation import Bubble, conversation
from engine.store.queries import outcomes
from engine.store.states import ANSWERS

START = int(datetime(2027, 4, 1, 14, 4, tzinfo=UTC).timestamp() * 1000)


def run(project: Path, picture: Path, console: Console, api: str = "simulator") -> int:
    """Play `project` in a scratch copy, its senders speaking `api`; 0 when the ledger agrees with the database, else 1.

    Writes one conversation to `picture`.
    """
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="leadoff-demo-") as scratch:
        folder = Path(scratch) / "project"
        copy_project(project, folder)
        world = DemoWorld(folder, START, api)
        try:
            play(world, folder, console)
            summary.show(console, world)
            _draw(world, picture)
            differences = summary.differences(world)
        finally:
            world.close()
    for line in differences:
        console.print(f"[red]differs[/] {line}")
    count = len(world.simulator.ledger.messages())
    if not differences:
        console.print(f"\n[green]✓[/] the provider's ledger agrees: {count} messages, each once")
    console.print(f"[green]✓[/] one conversation, drawn: [bold]{picture}[/]   ({time.monotonic() - began:.1f} s)")
    return 1 if differences else 0


def play(world: DemoWorld, folder: Path, console: Console) -> None:
    app = world.app
    checked = read_and_check(folder, app.registry)
    applied = app.apply(checked)
    console.print(f"[green]✓[/] applied {', '.join(applied.flows)} ({applied.hash[:12]})")
    for line in _pictures(folder, checked):
        console.print(f"[green]✓[/] {line}")
    imported = import_file(app.database, app.deployed().project, folder / "contacts.csv", None, app.clock.now())
    console.print(f"[green]✓[/] imported {imported.new} contacts")
    world.open()
    entries = script.read_events(folder)
    plan = Script(world, entries, script.purchase(world))
    world.simulator.add_fault(f"drop_answer@{entries[7 % len(entries)].contact['phone']}")
    world.simulator.add_fault(f"429@{entries[1 % len(entries)].contact['phone']};retry_after=3")
    plan.told += ["one answer of the provider is lost", "one is 429"]
    console.print(f"[green]✓[/] {len(entries)} events; {', '.join(plan.told)}\n")
    zone = app.deployed().project.timezone
    with console.status("") as status:
        last = ""

        def jumped(now: int) -> None:
            nonlocal last
            day = summary.label(now, zone)
            status.update(f"{day} – {_count(world)} at the provider")
            if day.partition("·")[0] != last:
                last = day.partition("·")[0]
                console.print(f"[dim]{day} – {_count(world)} at the provider[/]")

        world.play(plan.next_act, jumped)
    console.print()


def _count(world: DemoWorld) -> str:
    count = len(world.simulator.ledger.messages())
    return f"{count} message{'' if count == 1 else 's'}"


def _pictures(folder: Path, checked: Checked) -> Iterator[str]:
    """What was done to the pictures that could not go as they were."""
    pictures = pictures_of(folder, lambda: checked.project)
    for name in checked.media:
        found = pictures.fitted(name)
        if isinstance(found, Fitted) and found.actions:
            paths = [Path(path).name for path in parts_of(name)]
            yield f"{' + '.join(paths)}: {fit_summary(found)}"


def _draw(world: DemoWorld, picture: Path) -> None:
    """The conversation of the contact who got most."""
    with world.app.database.reading() as db:
        people, sent = {p.id: p for p in outcomes.contacts(db)}, outcomes.messages(db)
    per: dict[int, list[outcomes.MessageRow]] = {}
    for message in sent:
        if message.status == "delivered" and message.flow != ANSWERS:  # what they answer is not drawn
            per.setdefault(message.contact, []).append(message)
    if not per:
        return
    chosen = max(per, key=lambda contact: (any(m.media for m in per[contact]), len(per[contact]), -contact))
    zone = people[chosen].zone
    bubbles = [
        Bubble("in", m.text, _image(world, m.media), summary.label(m.sent_at or m.queued_at, zone)) for m in per[chosen]
    ]
    project = world.app.deployed().project
    number = next(iter(project.senders.values())).number
    drawn = conversation(bubbles, project.brand, number)
    data = io.BytesIO()
    drawn.save(data, "PNG", optimize=True)
    picture.write_bytes(data.getvalue())


def _image(world: DemoWorld, media: str | None) -> bytes | None:
    return (world.app.media_dir / media).read_bytes() if media else None
