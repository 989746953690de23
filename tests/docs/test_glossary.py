"""docs/glossary.md is what the source, the docs and the messages say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, name_of

PAGE = ROOT / "docs/glossary.md"
TERMS = re.compile(r"^\*\*(.+?)\*\*: ((?:.+\n)+)", re.MULTILINE)
NOT_IN_NAMES = re.compile(r"Not in names:\s([^.]+)\.")
ROW = re.compile(r"^\| (?!---|not )([^|]+) \| [^|]+ \|$", re.MULTILINE)
PROSE = [page for page in PAGES if page not in (PAGE, ROOT / "CHANGELOG.md") and page.parent.name != "decisions"]
EXPLAINED = sorted((ROOT / "engine/language/diagnostics/explained").glob("*.md"))
SOURCES = sorted(path for room in ("engine", "blocks") for path in (ROOT / room).rglob("*.py"))


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


def public_names(path: Path) -> Iterator[str]:
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    defined = (node.name for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef))
    return (name for name in (path.stem, *defined) if not name.startswith("_"))


def messages(source: str) -> Iterator[str]:
    """Its strings, docstrings and names aside."""
    tree = ast.parse(source)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in bare
        ):
            yield node.value


def unwanted_in(text: str) -> list[str]:
    plain = re.sub(r"```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return [phrase for phrase in unwanted() if re.search(rf"\b{re.escape(phrase)}\b", " ".join(plain.split()))]


def test_each_term_is_defined_once_in_order_and_shortly() -> None:
    names = [name for name, _ in TERMS.findall(PAGE.read_text("utf-8"))]
    assert len(names) > 60
    assert names == sorted(set(names), key=str.lower)
    assert [name for name, told in terms().items() if len(re.findall(r"[.!?](?:\s|$)", told)) > 4] == []


def test_each_term_occurs_in_the_source_or_in_the_language() -> None:
    texts = [path.read_text("utf-8") for path in (*SOURCES, ROOT / "docs/language.md", ROOT / "docs/rooms.txt")]
    whole = "\n".join(texts).lower()
    assert [term for term in terms() if not re.search(rf"\b{re.sub('[ -]', '[ _-]?', term.lower())}", whole)] == []


@pytest.mark.parametrize("word", sorted(not_in_names()))
def test_no_public_name_has_a_word_that_is_not_used(word: str) -> None:
    assert [(name_of(path), name) for path in SOURCES for name in public_names(path) if word in words_of(name)] == []


@pytest.mark.parametrize("page", [*PROSE, *EXPLAINED], ids=name_of)
def test_a_page_says_it_in_plain_words(page: Path) -> None:
    assert unwanted_in(page.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_message_says_it_in_plain_words(path: Path) -> None:
    found = {message: said for message in messages(path.read_text("utf-8")) if (said := unwanted_in(message))}
    assert found == {}


def test_the_rules_find_what_they_are_for() -> None:
    assert words_of("picture_without_ways") >= {"picture", "way"} and words_of("EntryCandidate") == {
        "entry",
        "candidate",
    }
    assert unwanted_in("Something is\namiss.\n```\nwhoever\n```\n") == ["amiss"]
    assert list(messages('"""amiss here"""\nx = "it is amiss"\n')) == ["it is amiss"]
