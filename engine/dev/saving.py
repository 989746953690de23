"""What happened on one phone, as a flow test: played once more as a test plays it, and appended to the flow's file of tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from engine.core.calendar import DAY, MINUTE, Duration, wall_of
from engine.deploy.project_files import TEST_ENDING, write
from engine.dev.acts import Act
from engine.dev.scene import PhoneOwner
from engine.errors import Refused
from engine.language.model.flow_test import Happening
from engine.language.source import strict_yaml
from engine.language.values.fields import BadValue
from engine.language.values.humanize import duration_words
from engine.preview.every_branch.saved_tests import Saved, name_of, with_tests
from engine.preview.flow_tests.people import Person
from engine.preview.flow_tests.play import Play, play
from engine.preview.worlds.stage import Stage

SECOND = 1_000
COMMENT = "saved by leadoff dev"


def saved_test(
    stage: Stage,
    flow: str,
    owner: PhoneOwner,
    zone: str,
    acts: Sequence[Act],
    start: int,
    now: int,
    beside: Sequence[str],
) -> Saved:
    """Raises Refused where this story cannot be a test."""
    begins = start // MINUTE * MINUTE
    happens = list(_happens(acts, begins))
    days = max(1, -(-(now - begins) // DAY))
    wall = wall_of(begins, zone)
    try:
        read = [Happening.model_validate(each) for each in happens]
        asked = Play(flow, wall, read, Duration(days, 0), beside=beside)
        (ending,) = play(stage, asked, [Person(owner.fields, owner.consent, zone)])
    except (BadValue, ValueError) as error:
        raise Refused(f"this story cannot be a test: {error}") from error
    made = Saved(
        name_of(_said(acts), ending), owner.fields, owner.consent, wall, happens, ending, beside=beside, days=days
    )
    if made.cannot_be_expected is not None:
        raise Refused(f"this story cannot be a test: {made.cannot_be_expected}", "play on until it ends")
    return made


def append(root: Path, test: Saved, flow: str) -> str:
    """The file's path in the project. Raises UsageError for one that cannot be appended to."""
    path = f"flows/{flow}{TEST_ENDING}"
    file = root / path
    existing = strict_yaml.read(path, file.read_bytes()) if file.exists() else None
    if existing is not None and existing.findings:
        raise Refused(f"{path} has mistakes", "`leadoff check` shows them")
    write(root, path, with_tests(flow, [test], COMMENT, existing).encode())
    return path


def _happens(acts: Iterable[Act], start: int) -> Iterator[dict[str, Any]]:
    for act in acts:
        deed = act.happening
        if deed is None:
            raise Refused(f"a test cannot say: the phone {act.name}", "rewind to before it, then save")
        seconds = -(-(act.at - start) // SECOND)
        after = {"after": duration_words(Duration(0, seconds * SECOND))} if seconds > 0 else {}
        yield after | deed


def _said(acts: Iterable[Act]) -> Iterator[str]:
    """What the person did beside what started it all."""
    for act in list(acts)[1:]:
        yield {"reply": f"says {act.name}", "click": f"clicks {act.name}", "event": act.name}.get(act.kind, act.kind)
