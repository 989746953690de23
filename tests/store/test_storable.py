"""Text that PostgreSQL does not hold is cleaned where it comes in; what is looked up by it is not found, on both databases."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contacts import documents
from engine.core.effects import CallWebhook
from engine.delivery.webhooks import found
from engine.store import contacts, links, meta
from engine.store.contacts import NewContact
from engine.store.database import Database
from engine.store.postgres.database import PostgresDatabase
from engine.store.queries import search
from engine.store.sqlite.memory import MemoryDatabase
from engine.store.storable import storable, storable_json
from tests.databases import undone

anything = st.text(st.characters(categories=None), max_size=20)  # halves of surrogate pairs as well


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Any:
    return MemoryDatabase() if request.param == "sqlite" else request.getfixturevalue("postgres_database")


@given(text=anything)
def test_both_hold_what_is_storable(postgres_database: PostgresDatabase, text: str) -> None:
    for database in (MemoryDatabase(), postgres_database):
        with undone(database) as db:
            meta.put(db, "x", storable(text))
            assert meta.get(db, "x") == storable(text)


def test_nothing_is_found_by_a_text_that_nobody_can_have(database: Database) -> None:
    with undone(database) as db:
        contacts.insert(db, [NewContact("ab", "+12025550143", "US", "UTC", {"first_name": "Ada"})], 1)
        assert contacts.find(db, ["+1\0"], ["a\0b"]) == []
        assert contacts.one(db, "a\0b") is None
        assert links.find(db, "a\0b", 1) is None
        assert [hit.key for hit in search.contacts(db, "A\0da", 10)] == ["ab"], "a search is for what is left of it"


def test_a_proof_and_an_answer_of_a_web_call_are_cleaned() -> None:
    said = documents.read(documents.Contact, {"consent": {"status": "subscribed", "proof": "form\0 7"}})
    assert isinstance(said.consent, documents.Consent) and said.consent.proof == "form 7"
    call = CallWebhook("ask", "k", "GET", "https://acme.example", {}, None, 1, ("code", "all"))
    answer = found(call, rb'{"code": "A\u0000B", "all": [{"x\u0000": "\u0000"}, 3, null]}')
    assert answer == {"code": "AB", "all": [{"x": ""}, 3, None]}


@given(
    st.recursive(st.none() | st.booleans() | anything, lambda inner: st.lists(inner) | st.dictionaries(anything, inner))
)
def test_a_storable_value_holds_storable_texts_alone(value: object) -> None:
    cleaned = storable_json(value)
    assert storable_json(cleaned) == cleaned
    assert b"\\u0000" not in orjson.dumps(cleaned)
