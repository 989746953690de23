"""Each code by a sample: LOnnn/bad is a project that has the problem, LOnnn/good one that is as near to it as can be and has none.

What a sample does not have stands in base/. Samples are small: what warnings of other codes say of them is left out. expected.txt is what
the author of bad/ sees; `python -m tests.problems.test_samples LO203` writes it again: read the
difference.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.registry import REGISTRY
from engine.deploy.media_cache import Pictures
from engine.language.check import Checked, ProjectFiles, check
from engine.language.diagnostics.rendering import render

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
VERBS = ", ".join(REGISTRY)  # a new block changes no sample
NOW = 1_806_588_000_000  # 2027-04-01 14:00 UTC
CODES = sorted(path.name for path in HERE.iterdir() if re.fullmatch(r"LO\d{3}", path.name))
SHOWN_ELSEWHERE = {
    "LO102",  # bytes that are no text: tests/language/source/test_strict_yaml.py
    "LO103",  # a file of 128 KiB: the same
    "LO104",  # 5,000 nodes: the same
    "LO209",  # what nobody foresaw: tests/language/diagnostics/test_wording.py
    "LO311",  # no leadoff.yaml: tests/language/test_check.py
    "LO605",  # a picture that cannot be made to fit: the same
    "LO706",  # names that differ by case: the same
    "LO707",  # schemas of another version: tests/cli/test_check.py
    "LO703",  # files that are not read: tests/deploy/test_project_files.py
}


def found(code: str, kind: str) -> Checked:
    result = whole(code, kind)
    own = tuple(each for each in result.findings if each.severity == "error" or each.code == code)
    return result._replace(findings=own)


def whole(code: str, kind: str) -> Checked:
    folder = HERE / code / kind
    files = {"leadoff.yaml": (HERE / "base/leadoff.yaml").read_bytes()}
    files |= {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yaml")}
    return check(ProjectFiles(files, image, now=NOW), REGISTRY)


def _read(path: str) -> bytes | None:
    file = HERE / "base" / path
    return file.read_bytes() if file.is_file() else None


image = Pictures(_read)


def seen(code: str) -> str:
    result = found(code, "bad")
    return render(result.findings, result.sources).replace(VERBS, "<every verb>") + "\n"


@pytest.mark.parametrize("code", CODES)
def test_the_bad_sample_shows_what_is_expected(code: str) -> None:
    assert any(finding.code == code for finding in found(code, "bad").findings)
    assert seen(code) == (HERE / code / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("code", CODES)
def test_the_good_sample_has_no_problem(code: str) -> None:
    result = found(code, "good")
    assert render(result.findings, result.sources) == ""


def test_every_code_that_the_source_can_say_has_a_sample() -> None:
    assert set(codes_in_the_source()) == set(CODES) | SHOWN_ELSEWHERE


def test_no_wording_of_pydantic_reaches_an_author() -> None:
    foreign = re.compile(
        r"pydantic|Input should|Field required|valid (string|integer|dictionary)|\[type=", re.IGNORECASE
    )
    assert [code for code in CODES if foreign.search(seen(code))] == []


def codes_in_the_source() -> Iterator[str]:
    for room in ("engine/language", "blocks"):
        for path in (ROOT / room).rglob("*.py"):
            yield from re.findall(r'"(LO\d{3})"', path.read_text("utf-8"))


if __name__ == "__main__":
    for renewed in sys.argv[1:]:
        (HERE / renewed / "expected.txt").write_text(seen(renewed), "utf-8")
