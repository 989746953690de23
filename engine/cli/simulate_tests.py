"""`simulate --every-way` and `--save-test`: a story for each branch, and stories as flow tests."""

from __future__ import annotations

from pathlib import Path

from engine.cli.shared.files import write_file
from engine.cli.shared.output import remark
from engine.clock import from_environment
from engine.core.calendar import DAY, HOUR, resolve, wall_of
from engine.deploy.git import revision
from engine.errors import UsageError
from engine.language.diagnostics.findings import counted
from engine.language.jsonschema.schemas import modeline
from engine.language.lint.context import TEST_ENDING
from engine.language.source import strict_yaml
from engine.language.source.strict_yaml import Document
from engine.preview.every_branch import saved_stories
from engine.preview.every_branch.every_branch import EveryBranch, every_branch
from engine.preview.every_branch.saved_tests import Saved, with_tests
from engine.preview.simulation import requests
from engine.preview.simulation.simulation import Request, pictures_of, places_of
from engine.preview.stories.stories import Cost, Storyboard, cost_of
from engine.preview.worlds.stage import Stage

MORNING = 10 * HOUR


class FileOfTests:
    """A file that is appended to. Raises UsageError where it cannot be."""

    def __init__(self, root: Path, path: Path, flow: str) -> None:
        if path.name != f"{flow}{TEST_ENDING}":
            raise UsageError(f"--save-test {path} is no file of tests of {flow}", f"name it flows/{flow}{TEST_ENDING}")
        self._root, self._path, self._flow = root, path, flow
        self._existing = self._read()
        with_tests(flow, [], "", self._existing)  # before anything is played

    def append(self, tests: list[Saved], command: str) -> None:
        for test in tests:
            if test.cannot_be_expected is not None:
                remark(f"not saved: {test.name}: {test.cannot_be_expected}")
        good = [test for test in tests if test.cannot_be_expected is None]
        if not good:
            raise UsageError("there is no story to save", "the reasons are above")
        commit = revision(self._root).commit
        comment = f"{command}{f', {commit[:7]}' if commit else ''}"
        text = with_tests(self._flow, good, comment, self._existing, self._head())
        write_file(self._path, text.encode())
        remark(f"{counted(len(good), 'test')} in {self._path}: `leadoff test {self._path}` plays them")

    def _read(self) -> Document | None:
        try:
            raw = self._path.read_bytes() if self._path.exists() else None
        except OSError as error:
            raise UsageError(f"cannot read {self._path}: {error.strerror}") from error
        if raw is None:
            return None
        found = strict_yaml.read(str(self._path), raw)
        if found.findings:
            raise UsageError(f"{self._path} has mistakes", "`leadoff check` shows them")
        return found

    def _head(self) -> str:
        """The comment that names the schema, where the project has schemas."""
        if self._path.resolve().parent != self._root.resolve() / "flows" or not (self._root / "schemas").is_dir():
            return ""
        return modeline(f"flows/{self._path.name}")


def played(stage: Stage, flow: str, start: str | None) -> EveryBranch:
    """From `start`, tomorrow morning by default."""
    zone = stage.project.timezone
    now = from_environment().now()
    tomorrow = (wall_of(now, zone) // DAY + 1) * DAY + MORNING
    return every_branch(stage, flow, tomorrow if start is None else wall_of(requests.start_of(start, zone), zone))


def board_of(stage: Stage, flow: str, found: EveryBranch) -> Storyboard:
    """The stories in the order in which they were found; the head says what none reaches."""
    stories = saved_stories.stories_of(found)
    cost = Cost()
    for story in stories:
        cost = cost.plus(cost_of(story.moments))
    zone, covered = stage.project.timezone, found.coverage
    starts = [each.ending.start for each in found.stories] or [resolve(0, zone)]
    told = "1 story reaches" if len(stories) == 1 else f"{len(stories)} stories reach"
    said = f"{told} {covered.hits} of the {len(covered.targets)} branches, triggers and exits of this flow"
    missing = [f"not reached: {each.file.rpartition('/')[2]}:{each.line} {each.words}" for each in covered.missing]
    return Storyboard(
        flow, min(starts), max((each.ending.end for each in found.stories), default=starts[0]), zone, stage.project.brand,
        stage.project.currency, None, stories, cost, None, (said, *missing), places_of(stage, flow),
        pictures=pictures_of(stage),
    )  # fmt: skip


def tests_of(stage: Stage, request: Request, board: Storyboard, joins: bool) -> list[Saved]:
    """A test of each kind of story; a remark where there is none."""
    found = []
    for story in board.stories:
        test = saved_stories.of_story(stage, request, story, joins)
        if isinstance(test, Saved):
            found.append(test)
        else:
            remark(f"not saved: the story of {story.sample.fields.get('first_name') or 'a contact'}: {test}")
    return found
