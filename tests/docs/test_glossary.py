"""docs/glossary.md is what the source, the docs and the messages say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from docs.rooms import FILES, parsed
from tests.docs.pages import PAGES, ROOT, name_of

PAGE = ROOT / "docs/glossary.md"
TERMS = re.compile(r"^\*\*(.+?)\*\*: ((?:.+\n)+)", re.MULTILINE)
NOT_IN_NAMES = re.compile(r"Not in names:\s([^.]+)\.")
ROW = re.compile(r"^\| (?!---|not )([^|]+) \| [^|]+ \|$", re.MULTILINE)
PROSE = [page for page in PAGES if page not in (PAGE, ROOT / "CHANGELOG.md") and page.parent.name != "decisions"]
EXPLAINED = sorted((ROOT / "engine/language/diagnostics/explained").glob("*.md"))
ALIASES = {"re-entry": "again_after", "MMS": "mms", "SMS block": "class sms"}  # what the source says for a term


def terms() -> dict[str, str]:
    return dict(TERMS.findall(PAGE.read_text("utf-8")))


def unwanted() -> list[str]:
    """The left column of the table of plain words."""
    return [phrase.strip() for row in ROW.findall(PAGE.read_text("utf-8")) for phrase in row.split(",")]


def not_in_names() -> set[str]:
    after_terms = [
        word.strip() for told in terms().values() for each in NOT_IN_NAMES.findall(told) for word in each.split(",")
    ]
    return {*after_terms, *(phrase for phrase in unwanted() if " " not in phrase)}


def words_of(name: str) -> set[str]:
    """`EntryCandidate`, `entry_candidates` -> entry, candidate; a plural is its singular."""
    words = [word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)]
    return {*words, *(word.removesuffix("s") for word in words)}


def public_names(path: str) -> Iterator[str]:
    nodes = ast.walk(parsed(path))
    defined = (node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef))
    return (name for name in (Path(path).stem, *defined) if not name.startswith("_"))


def messages(tree: ast.Module) -> Iterator[str]:
    """Its strings, docstrings and names aside."""
    nodes = list(ast.walk(tree))
    bare = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    for node in nodes:
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in bare
        ):
            yield node.value


def unwanted_in(text: str) -> list[str]:
    """Fenced blocks and code aside: keys and outputs have names of their own."""
    plain = re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.MULTILINE | re.DOTALL)
    return any_unwanted().findall(" ".join(plain.split()))


@cache
def any_unwanted() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, unwanted()))})\b")


def test_each_term_is_defined_once_in_order_and_shortly() -> None:
    names = [name for name, _ in TERMS.findall(PAGE.read_text("utf-8"))]
    assert len(names) > 60
    assert names == sorted(set(names), key=str.lower)
    assert [name for name, told in terms().items() if len(re.findall(r"[.!?](?:\s|$)", told)) > 4] == []


def test_each_term_occurs_in_the_source_or_in_the_language() -> None:
    texts = [(ROOT / path).read_text("utf-8") for path in (*FILES, "docs/language.md", "docs/rooms.txt")]
    whole = "\n".join(texts).lower()
    assert [
        term for term in terms() if not re.search(rf"\b{re.sub('[ -]', '[ _-]?', ALIASES.get(term, term))}", whole)
    ] == []


def test_no_public_name_has_a_word_that_is_not_used() -> None:
    words = not_in_names()
    names = [(path, name) for path in FILES for name in public_names(path)]
    assert [found for found in names if words & words_of(found[1])] == []


@pytest.mark.parametrize("page", [*PROSE, *EXPLAINED], ids=name_of)
def test_a_page_says_it_in_plain_words(page: Path) -> None:
    assert unwanted_in(page.read_text("utf-8")) == []


def test_a_message_says_it_in_plain_words() -> None:
    said = [(path, message) for path in FILES for message in messages(parsed(path))]
    assert [found for found in said if unwanted_in(found[1])] == []


def test_the_rules_find_what_they_are_for() -> None:
    assert words_of("picture_without_ways") >= {"picture", "way"} and words_of("EntryCandidate") == {
        "entry",
        "candidate",
    }
    assert unwanted_in("Something is\namiss.\n```\nwhoever\n```\n") == ["amiss"]
    assert list(messages(ast.parse('"""amiss here"""\nx = "it is amiss"\n'))) == ["it is amiss"]


def test_every_page_of_the_docs_is_in_the_index_and_the_readme_leads_to_it() -> None:
    folder = ROOT / "docs"
    linked = set(re.findall(r"\]\(([^)#]+)\)", (folder / "README.md").read_text("utf-8")))
    assert {page.name for page in folder.glob("*.md")} - linked == {"README.md"}
    assert "(docs/README.md)" in (ROOT / "README.md").read_text("utf-8")
