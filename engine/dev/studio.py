"""The state of `leadoff dev`: the project as it was last good, the acts, the phones, the clock.

Invariants: every change is under one lock, and after it `n` is another one. Files that do not compile change
nothing but what is said of them. After a save the acts are played again from the start.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from engine.clock import Clock
from engine.deploy.project_files import open_regular
from engine.deploy.read_project import read_and_check
from engine.dev.acts import CONDITIONS, KINDS, Act
from engine.dev.people import owners_of
from engine.dev.saving import append, saved_test
from engine.dev.scene import MOST_PHONES, PhoneOwner, Scene
from engine.errors import LeadoffError, Refused
from engine.language.check import Checked
from engine.language.diagnostics.findings import counted
from engine.language.diagnostics.rendering import render
from engine.language.values.fields import BadValue
from engine.preview.flow_tests.people import UnreadableTest
from engine.preview.flow_tests.runner import Runner
from engine.preview.worlds.stage import Stage
from engine.registry import foreign_rules, registry

HOUR, DAY = 3_600_000, 86_400_000
LONGEST = 400 * DAY
"""From the start of the story: further nothing is played."""
MOST_ACTS = 500


class Strip(NamedTuple):
    """What stands above the phones. `broken`: the findings, with their carets."""

    words: str
    broken: str = ""
    tests: str = ""
    failing: bool = False  # a test

    @property
    def look(self) -> str:
        """The class of its style."""
        return "bad-strip" if self.broken else "held" if self.failing else "good"


class Studio:
    """Used by the watch and by the site. Raises Refused where the project cannot be read at the start."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self.root, self._clock = root, clock
        self.lock = threading.RLock()
        self.n = 0
        self.strip = Strip("")
        self.flow: str | None = None  # the one last saved
        self.stage: Stage | None = None
        self.checked: Checked | None = None
        self.known: list[PhoneOwner] = []  # whom a phone can be given to
        self.owners: list[PhoneOwner] = []
        self.acts: list[Act] = []
        self.start = clock.now() // 60_000 * 60_000
        self.scene: Scene | None = None
        self.changed: frozenset[tuple[int, str, str]] = frozenset()
        self._before: dict[tuple[int, str, str], str] = {}
        self.load()

    def close(self) -> None:
        with self.lock:
            scene, self.scene = self.scene, None
            if scene is not None:
                scene.close()

    # ---- files

    def reload(self) -> None:
        """After a save, whatever it has left: what cannot be read is said on the page."""
        try:
            self.load()
        except LeadoffError as error:
            with self.lock:
                self.strip = Strip(
                    "the phones show the last good files", f"{error.message}\n{error.help or ''}".strip()
                )
            self._tell()

    def load(self) -> None:
        """Check, compile, play again. Raises Refused, UsageError."""
        with self.lock:
            before = self.checked
            checked = read_and_check(self.root, registry(), self._clock.now(), foreign_rules())
            if not checked.ok or checked.project is None:
                found = [each for each in checked.findings if each.severity == "error"]
                self.strip = Strip(
                    f"{counted(len(found), 'error')}: the phones show the last good files",
                    render(found, checked.sources),
                )
                return self._tell()
            self.flow = _last_saved(before, checked) or self.flow or next(iter(sorted(checked.flows)), None)
            self.checked, self.stage = checked, Stage(checked)
            self.known = owners_of(self.root, self.stage.project)
            if not self.owners:
                self.owners = self.known[:1]
            self._replay(f"✓ {self.flow or 'saved'}")
            stage = self.stage
        self._tell()
        tests, failing = self._tests(stage)  # the page need not wait for them
        with self.lock:
            if self.stage is stage:
                words = self.strip.words.replace("✓", "✗", 1) if failing else self.strip.words
                self.strip = self.strip._replace(words=words, tests=tests, failing=failing)
        self._tell()

    def _tests(self, stage: Stage) -> tuple[str, bool]:
        """How the flow tests of the project come out, and whether one fails."""
        passed = failed = 0
        runner = Runner(stage, partial(open_regular, self.root))
        for draft in stage.checked.tests:
            try:
                for result in runner.run(draft):
                    passed, failed = passed + result.passed, failed + (not result.passed)
            except UnreadableTest:
                failed += 1
        if failed:
            return f"{counted(failed, 'test')} of {passed + failed} failed: `leadoff test`", True
        return (f"{counted(passed, 'test')} {'passes' if passed == 1 else 'pass'}" if passed else ""), False

    def _replay(self, words: str) -> None:
        """All acts from the start, in a new world, up to where the clock stood."""
        assert self.stage is not None
        old = self.scene
        now = old.now if old is not None else self.start
        before = {key[:3]: key[3] for key in old.texts()} if old is not None else {}
        self.scene = self._played(self.acts, now)
        after = {key[:3]: key[3] for key in self.scene.texts()}
        self.changed = (
            frozenset(key for key in after if before.get(key) != after[key]) if old is not None else frozenset()
        )
        self._before = before
        if old is not None:
            old.close()
            gone = len([key for key in before if key not in after])
            differ = len(self.changed)
            said = (
                f"{counted(differ, 'text')} {'differs' if differ == 1 else 'differ'}"
                if differ
                else "the texts are the same"
            )
            words = f"{words} · {said}" + (f" · {counted(gone, 'text')} gone" if gone else "")
        self.strip = Strip(words)

    def _played(self, acts: Sequence[Act], now: int) -> Scene:
        assert self.stage is not None
        try:
            scene = Scene(self.stage, self.owners, self.start)
        except BadValue as error:
            raise Refused(f"this contact cannot be: {error}") from error
        for act in acts:
            if act.phone < len(self.owners):
                scene.act(act)
        scene.play(now)
        return scene

    def was(self, phone: int, flow: str, step: str) -> str:
        """The text that the last save has changed; "" where there was none."""
        return self._before.get((phone, flow, step), "")

    # ---- what is done on the page

    def act(self, phone: int, kind: str, name: str, data: Mapping[str, Any]) -> None:
        """Raises Refused."""
        with self.lock:
            scene = self._scene(phone)
            if kind not in KINDS or (kind == "phone" and name not in CONDITIONS):
                raise Refused("nothing of that kind can happen to a phone")
            if len(self.acts) >= MOST_ACTS:
                raise Refused(f"a story has at most {MOST_ACTS} acts", "start anew, or rewind")
            self.acts.append(Act(scene.now, phone, kind, name, data))
            scene.act(self.acts[-1])
            self.changed = frozenset()
        self._tell()

    def move(self, to: str) -> None:
        """The clock: `next`, `1h`, `1d`, `1w` or `morning`. Raises Refused."""
        with self.lock:
            scene = self._scene(0)
            until = self._until(scene, to)
            if until - self.start > LONGEST:
                raise Refused("a story lasts at most 400 days", "start anew")
            scene.play(until)
            self.changed = frozenset()
        self._tell()

    def _until(self, scene: Scene, to: str) -> int:
        if to == "next":
            due = scene.next_due()
            if due is None:
                raise Refused("nothing is due: nobody waits for anything")
            return due
        if to == "morning":
            return _next_morning(scene.now, self.zone)
        ahead = {"1h": HOUR, "1d": DAY, "1w": 7 * DAY}.get(to)
        if ahead is None:
            raise Refused("the clock cannot be moved there", "next, 1h, 1d, 1w, morning")
        return scene.now + ahead

    def rewind(self, at: int) -> None:
        """As it was at that instant: what came later is gone."""
        with self.lock:
            if not self.start <= at <= self._scene(0).now:
                raise Refused("the story has no such moment")
            self.acts = [act for act in self.acts if act.at <= at]
            self._again(at)
        self._tell()

    def anew(self) -> None:
        """From the start, with nothing done."""
        with self.lock:
            self.acts, self.start = [], self._clock.now() // 60_000 * 60_000
            self._again(self.start)
        self._tell()

    def give(self, number: str) -> None:
        """Another phone on the page: of a contact that the project has. Raises Refused."""
        with self.lock:
            found = next((owner for owner in self.known if owner.fields.get("phone") == number), None)
            if found is None or found in self.owners:
                raise Refused("there is no such contact, or its phone is here already")
            if len(self.owners) == MOST_PHONES:
                raise Refused(f"at most {MOST_PHONES} phones are on the page")
            now = self._scene(0).now
            self.owners.append(found)
            try:
                self._again(now)
            except Refused:
                self.owners.pop()
                raise
        self._tell()

    def take_away(self, phone: int) -> None:
        with self.lock:
            scene = self._scene(phone)
            if len(self.owners) == 1:
                raise Refused("one phone stays")
            del self.owners[phone]
            kept = [act for act in self.acts if act.phone != phone]
            self.acts = [act._replace(phone=act.phone - (act.phone > phone)) for act in kept]
            self._again(scene.now)
        self._tell()

    def save(self, phone: int, flow: str) -> str:
        """What happened on this phone, as a test of that flow: the file's path. Raises Refused, UsageError."""
        with self.lock:
            scene, stage = self._scene(phone), self.stage
            assert stage is not None
            if flow not in stage.programs:
                raise Refused("there is no such flow")
            own = [act for act in self.acts if act.phone == phone]
            entered = {str(moment.flow) for moment in scene.shown(phone).moments if moment.kind == "entered"}
            test = saved_test(
                stage,
                flow,
                self.owners[phone],
                scene.people[phone].zone,
                own,
                self.start,
                scene.now,
                sorted(entered - {flow}),
            )
            return append(self.root, test, flow)

    @property
    def zone(self) -> str:
        return self.stage.project.timezone if self.stage is not None else "UTC"

    def _again(self, now: int) -> None:
        old, self.scene = self.scene, self._played(self.acts, now)
        if old is not None:
            old.close()
        self.changed = frozenset()

    def _scene(self, phone: int) -> Scene:
        if self.scene is None:
            raise Refused("the project has errors", "`leadoff check` shows them")
        if not 0 <= phone < len(self.owners):
            raise Refused("there is no such phone on the page")
        return self.scene

    def _tell(self) -> None:
        self.n += 1


def _last_saved(before: Checked | None, after: Checked) -> str | None:
    """The flow whose file is another one than before."""
    if before is None:
        return None
    changed = (
        name
        for name in after.flows
        if before.sources.get(before.file_of(name)) != after.sources.get(after.file_of(name))
    )
    return next(changed, None)


def _next_morning(now: int, zone: str) -> int:
    local = datetime.fromtimestamp(now / 1000, ZoneInfo(zone))
    return int((local.replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=1)).timestamp() * 1000)
