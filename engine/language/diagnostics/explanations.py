"""The explanation of each code, for `leadoff rule` and SARIF, from explained/LOn.md: one section per code.

Invariants: the texts ship with the package. A section is a title, a paragraph of why, and, if a file can show it, a bad and a good
example; the tests run every example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from inspect import cleandoc
from pathlib import Path
from typing import NamedTuple

from engine.language.diagnostics.findings import FOREIGN_CODE

_FOLDER = Path(__file__).parent / "explained"
_SECTION = re.compile(r"^## (LO\d{3}) (.+)\n\n((?:.|\n)*?)(?=^## |\Z)", re.MULTILINE)
_IN_DOCSTRING = re.compile(
    rf"^({FOREIGN_CODE.pattern}): (.+)((?:.|\n)*?)(?=^{FOREIGN_CODE.pattern}: |\Z)", re.MULTILINE
)
_EXAMPLE = re.compile(r"^(Bad|Good):\n\n```yaml\n((?:.|\n)*?)```\n*", re.MULTILINE)


class Explanation(NamedTuple):
    code: str
    title: str
    why: str
    bad: str  # YAML, or nothing where no file can show it
    good: str
    markdown: str

    @property
    def text(self) -> str:
        """For a terminal."""
        examples = [
            f"{name}:\n\n" + "".join(f"    {line}\n" for line in yaml.splitlines())
            for name, yaml in (("Bad", self.bad), ("Good", self.good))
            if yaml
        ]
        return "\n".join((f"{self.why}\n", *examples)).rstrip()


def explanation(code: str) -> Explanation | None:
    return explanations().get(code)


@cache
def explanations() -> Mapping[str, Explanation]:
    """By code, in order."""
    return {each.code: each for path in sorted(_FOLDER.glob("LO?.md")) for each in _sections(path.read_text("utf-8"))}


def explanations_in(docstring: str) -> Iterator[Explanation]:
    """Those of a rule in another package: `SHOP101: what is right.`, and below it the reason."""
    for code, title, why in _IN_DOCSTRING.findall(cleandoc(docstring)):
        yield Explanation(code, title, why.strip() or title, "", "", why.strip() or title)


def _sections(page: str) -> Iterator[Explanation]:
    for code, title, body in _SECTION.findall(page):
        examples = dict(_EXAMPLE.findall(body))
        why = _EXAMPLE.sub("", body).strip()
        yield Explanation(code, title, why, examples.get("Bad", ""), examples.get("Good", ""), body.strip())
