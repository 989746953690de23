"""A provider's facts are defined once, in its sender's file, and are those of the provider's own description."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from engine.senders import twilio_signature
from engine.senders.error_map import codes_of, facts_of
from engine.senders.providers import bandwidth, telnyx, twilio
from tests.senders.openapi.described import HOSTS, document

ROOT = Path(__file__).resolve().parents[2]
FILES = {
    "simulator": ["providers/simulator.py"],
    "bandwidth": ["providers/bandwidth.py"],
    "telnyx": ["providers/telnyx.py"],
    "twilio": ["providers/twilio.py", "twilio_signature.py"],
}
DIALECTS = {"twilio": ["twilio.py", "twilio_messages.py"]}
OURS = {
    # states of messages, ends of our callback addresses, the Authorization header
    "accepted", "sent", "delivered", "undelivered", "failed", "status", "inbound", "Authorization",
    # codes of the simulator's refusals, which name a field of ours; the address of an error's page
    "to", "from", "url",
    # Python's
    "ascii", "strict", "", "/", ":", "0", ".json",
}  # fmt: skip


def literals(path: Path) -> set[str]:
    """The texts in a file's code; what its docstrings say is for people."""
    tree = ast.parse(path.read_text("utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in said)
    return {node.value for node in constants if isinstance(node.value, str)}


@pytest.mark.parametrize("provider", FILES)
def test_no_word_of_a_provider_is_written_in_its_sender_and_in_its_dialect(provider: str) -> None:
    sender = set().union(*(literals(ROOT / "engine/senders" / file) for file in FILES[provider]))
    files = DIALECTS.get(provider, [f"{provider}.py"])
    dialect = set().union(*(literals(ROOT / "engine/simulator/dialects" / file) for file in files))
    assert len(sender) > 20
    assert len(dialect) > 10
    assert (sender & dialect) - OURS - {provider} == set()


def schema(provider: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = document(provider)["components"]["schemas"][name]
    return found


def test_the_words_of_telnyx_are_those_of_its_description() -> None:
    payload = schema("telnyx", "OutboundMessagePayload")["properties"]
    assert set(telnyx.STATES) <= set(payload[telnyx.TO]["items"]["properties"][telnyx.STATUS]["enum"])
    assert {telnyx.TO, telnyx.FROM, telnyx.TEXT, telnyx.KIND, telnyx.FILES, telnyx.IDENTITY} <= set(payload)
    assert {telnyx.WEBHOOK, telnyx.ERRORS} <= set(payload)
    event = schema("telnyx", "OutboundMessage")["properties"]
    assert event[telnyx.EVENT]["enum"] == [telnyx.SENT, telnyx.FINALIZED]
    assert schema("telnyx", "InboundMessage")["properties"][telnyx.EVENT]["enum"] == [telnyx.RECEIVED]
    assert {telnyx.EVENT, telnyx.PAYLOAD, telnyx.AT} <= set(event)
    assert {telnyx.CODE, telnyx.TITLE, telnyx.DETAIL} <= set(schema("telnyx", "Error")["properties"])


def test_the_words_of_bandwidth_are_those_of_its_description() -> None:
    assert set(bandwidth.STATES) <= set(schema("bandwidth", "statusCallbackTypeEnum")["enum"])
    assert bandwidth.RECEIVED in schema("bandwidth", "inboundCallbackTypeEnum")["enum"]
    event = {bandwidth.TYPE, bandwidth.TIME, bandwidth.DESCRIPTION, bandwidth.MESSAGE, bandwidth.TO}
    assert event | {bandwidth.ERROR} <= set(schema("bandwidth", "statusCallback")["properties"])
    row = {bandwidth.ROW_ID, bandwidth.ROW_STATUS, bandwidth.ROW_KIND, bandwidth.ROW_TIME, bandwidth.ROW_FROM}
    row |= {bandwidth.ROW_TO, bandwidth.ROW_DIRECTION, bandwidth.ERROR}
    assert row <= set(schema("bandwidth", "listMessageItem")["properties"])
    message = {bandwidth.IDENTITY, bandwidth.DIRECTION, bandwidth.APPLICATION, bandwidth.TO, bandwidth.FROM}
    message |= {bandwidth.TEXT, bandwidth.TAG, bandwidth.MEDIA, bandwidth.TIME}
    assert message <= set(schema("bandwidth", "message")["properties"])
    error = schema("bandwidth", "createMessageRequestError")["properties"]
    assert {bandwidth.TYPE, bandwidth.DESCRIPTION, bandwidth.FIELD_ERRORS} <= set(error)
    assert {bandwidth.FIELD, bandwidth.DESCRIPTION} <= set(schema("bandwidth", "fieldError")["properties"])


def test_the_words_of_twilio_are_those_of_its_description() -> None:
    assert set(twilio.STATES) <= set(schema("twilio", "message_enum_status")["enum"])
    row = {twilio.ROW_ID, twilio.ROW_STATUS, twilio.ROW_TEXT, twilio.ROW_MEDIA, twilio.ROW_DIRECTION}
    assert row | {twilio.ROW_CREATED} <= set(schema("twilio", "api.v2010.account.message")["properties"])
    assert f"{twilio.ACCOUNTS}/{{AccountSid}}/{twilio.MESSAGES}.json" in document("twilio")["paths"]
    assert twilio_signature.HEADER.lower() == "x-twilio-signature"


def test_the_addresses_are_those_of_the_descriptions() -> None:
    addresses = {
        "bandwidth": bandwidth.BandwidthSender.address,
        "twilio": twilio.TwilioSender.address,
        "telnyx": telnyx.TelnyxSender.address,
    }
    assert addresses == HOSTS


@pytest.mark.parametrize("provider", ["bandwidth", "telnyx", "twilio"])
def test_every_code_that_the_simulator_reports_is_one_that_the_sender_knows(provider: str) -> None:
    reported = facts_of(provider)["simulator"]
    codes = {str(code) for code in reported["failures"].values()}
    if provider != "bandwidth":  # its refusals have a type and no code
        codes |= {str(each[1] if isinstance(each, list) else each) for each in reported["refusals"].values()}
    assert codes - {"20001"} <= set(codes_of(provider).listed)
