"""The switch to another deployment while contacts wait everywhere: all of it or nothing, killed at any statement, beside another one, and
while the daemon runs."""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from pathlib import Path

import pytest

from engine.app import App
from engine.clock import ManualClock
from engine.deploy.read_project import read_and_check
from engine.errors import Refused
from engine.store.queries import outcomes
from tests import databases
from tests.dying import deaths
from tests.server.stage import Stage, phone, until
from tests.stories.walks.edited import DAY, HOUR, PROJECT, Edited, flow
from tests.world import START

WALK = flow("""\
{id: hero, sms: One}
{id: think, delay: 1d}
{id: look, wait_for: {happened: order.placed}, up_to: 1d}
{id: rest, delay: 1d}
{id: last, sms: Two}""")
EDITED = flow(
    """\
{id: hero, sms: One}
{id: pause, delay: 3d}
{id: rest, delay: 1d}
{id: last, sms: Three}""",
    "moved: {think: pause}\nremoved: {look: rest}\n",
)
KEPT = flow("{id: start, delay: 2d}\n{id: kept, sms: Kept}", name="kept")
PINNED = flow("{id: other, sms: Other}", "on_change: pin\n", name="kept")
OVER = flow("{id: start, delay: 2d}\n{id: over, sms: Over}", name="over")
DRAINED = flow("{id: start, delay: 2d}\n{id: drained, sms: Drained}", name="drained")
RETIRED = PROJECT + "retired: {over: exit, drained: drain}\n"
PEOPLE = [phone(number) for number in range(9)]
KILLED = """
import sys
from pathlib import Path
from engine.deploy import apply
from engine.deploy.git import Revision
from engine.deploy.read_project import read_and_check
from engine.registry import registry
from tests.dying import die_at_each, opened

root, now = Path(sys.argv[1]), int(sys.argv[2])
known = registry()
checked = read_and_check(root, known)

def switch(number):
    apply.apply(opened(root), root, checked, Revision(None, False), root / ".leadoff/media", now, known)

die_at_each(range(3, 1000, 9), switch)
"""


@pytest.fixture
def spread(tmp_path: Path) -> Path:
    """A project whose contacts wait at every step of three flows, and the files of an edit of all of them. Nothing is open."""
    with Edited(tmp_path, WALK, KEPT, OVER, DRAINED) as world:
        for number, who in enumerate(PEOPLE):
            world.contact(who)
            world.consent(who, "subscribed")
            world.texted_before(who)
            world.event("list.joined", who)
            if number % 3 == 2:
                world.tick(DAY)
        for name in ("over", "drained"):
            world.gone(name)
        world.write(EDITED, PINNED, project=RETIRED)
    return tmp_path


def told(root: Path, now: int) -> Counter[tuple[str, str]]:
    """(state and step, flow) of all runs, after everything that is due within nine days."""
    clock = ManualClock(now)
    with App(root, databases.environ(), clock) as app:
        engine = app.engine()
        for _ in range(9 * 3):
            clock.move_to(clock.now() + 8 * HOUR)
            engine.tick(clock.now())
        with app.database.reading() as db:
            messages = outcomes.messages(db)
            assert len({message.tag for message in messages}) == len(messages)
            return Counter(
                [(f"{run.status} {run.reason or run.step}", run.flow) for run in outcomes.runs(db)]
                + [(message.text, message.flow) for message in messages]
            )


def applied(root: Path, now: int) -> None:
    with App(root, databases.environ(), ManualClock(now)) as app:
        app.apply(read_and_check(root, app.registry))


NOW = START + 3 * DAY


def test_killed_at_any_statement_it_is_all_or_nothing(spread: Path) -> None:
    """After the next apply everybody is where they would have been without it."""
    put_back = databases.kept(spread)
    applied(spread, NOW)
    expected = told(spread, NOW)
    assert expected["exited flow retired", "over"] and expected["Kept", "kept"] and expected["Drained", "drained"]
    assert expected["Three", "walk"] and not expected["Two", "walk"]
    put_back()
    died = []
    for number in deaths(KILLED, spread, NOW):
        died.append(number)
        applied(spread, NOW)
        assert told(spread, NOW) == expected, f"killed at statement {number}"
        put_back()
    assert len(died) > 5


def test_two_at_once_carry_everybody_over(spread: Path) -> None:
    """One comes after the other, by what is deployed then: both are carried out, or the later one is refused whole."""
    other = spread.with_name(f"{spread.name}-other")
    shutil.copytree(spread, other, ignore=shutil.ignore_patterns(".leadoff"))
    text = (other / "flows/walk.yaml").read_text()
    (other / "flows/walk.yaml").write_text(text.replace("pause", "ponder").replace("Three", "Four"))
    start, done = threading.Barrier(2), list[str]()

    def apply(folder: Path) -> None:
        environ = databases.environ() or {databases.URL: f"sqlite:///{spread / '.leadoff/leadoff.db'}"}
        with App(folder, environ, ManualClock(NOW)) as app:
            checked = read_and_check(folder, app.registry)
            start.wait()
            try:
                done.append(f"deployment {app.apply(checked).id}")
            except Refused as refused:
                done.append(refused.message)

    both = [threading.Thread(target=apply, args=(folder,)) for folder in (spread, other)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    # Where they wait at `pause`, a file that knows `think` and `ponder` alone loses them: it is refused.
    assert sorted(done)[-1] == "deployment 2"
    assert "which is gone" in sorted(done)[0]
    found = told(spread, NOW)
    assert sum(count for (what, name), count in found.items() if name == "walk" and what == "exited end") == len(PEOPLE)
    assert not any("parked" in what for what, _ in found)


@pytest.mark.parametrize("line", ["moved: {pause: rest}", "on_change: pin"])
def test_while_the_daemon_runs(tmp_path: Path, line: str) -> None:
    """Who waits gets one text, by the version that it follows; who comes then gets the new one. A second joining ends the wait."""
    wait = "wait_for: {happened: list.joined}\n    up_to: 1d"
    with Stage(tmp_path / "shop") as stage:
        path = stage.folder / "flows/hello.yaml"
        text = path.read_text().replace("delay: 1s", wait)
        path.write_text(text.replace("trigger:", "entry: {again_after: never}\ntrigger:", 1))
        applied_to(stage)
        stage.daemon().ready()
        stage.join([phone(1), phone(2)])
        until(lambda: len(stage.messages()) == 2, "the first texts")
        text = path.read_text().replace("One more thing.", "Another thing.")
        path.write_text(text.replace("pause", "rest").replace("trigger:", f"{line}\ntrigger:", 1))
        applied_to(stage)
        stage.join([phone(3)])
        until(lambda: len(stage.messages()) == 3, "the first text of the third")
        stage.join([phone(1), phone(2), phone(3)])
        stage.settle(6)
        last = {message.contact: message.text for message in stage.messages() if not message.text.startswith("Hello!")}
        waited = "One more thing." if "pin" in line else "Another thing."
        assert last == {1: waited, 2: waited, 3: "Another thing."}
        assert set(stage.tags().values()) == {1}


def applied_to(stage: Stage) -> None:
    with App(stage.folder) as app:
        app.apply(read_and_check(stage.folder, app.registry))
