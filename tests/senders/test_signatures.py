"""Signatures of callbacks: the same vectors, true and forged, put to ours and to the official SDKs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator, get_signature_algorithm  # type: ignore[import-untyped]

from engine.senders.sender import BadSignature, CallbackRequest
from engine.senders.twilio_signature import believed, sign
from tests.senders.conftest import NOON
from tests.senders.makers import environ, make

VECTORS: dict[str, Any] = json.loads((Path(__file__).parent / "signatures.json").read_text("utf-8"))["vectors"]
FORMS = ["twilio_hmac_sha1_form", "twilio_hmac_sha256_form"]
FORM = "application/x-www-form-urlencoded"


def ours(url: str, body: bytes, signature: str, token: str, settings: str = "", kind: str = FORM) -> bool:
    """Whether we believe it. Both secrets are the same here: which of them counts is tested elsewhere."""
    headers = {"X-Twilio-Signature": signature, "Content-Type": kind}
    if settings:
        headers["X-Twilio-Webhooks-Signature-Settings"] = settings
    try:
        secrets = {"HMAC_SHA1": (token, "sha1"), "HMAC_SHA256": (token, "sha256")}
        believed(url, CallbackRequest(headers, body, urlsplit(url).query), secrets)
    except BadSignature:
        return False
    return True


def theirs(url: str, params: dict[str, str] | str, signature: str, token: str, settings: str = "") -> bool:
    return bool(RequestValidator(token).validate(url, params, signature, get_signature_algorithm(settings)))


def settings_of(vector: dict[str, Any]) -> str:
    return str(vector.get("settings_header", "")).partition(": ")[2]


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_twilio_signed(name: str) -> None:
    vector = VECTORS[name]
    url, params, signature, token = (vector[key] for key in ("url", "params", "signature", "token"))
    settings = settings_of(vector)
    assert ours(url, urlencode(params).encode(), signature, token, settings)
    assert theirs(url, params, signature, token, settings)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("forged", ["url", "query", "value", "more", "less", "token", "signature", "algorithm"])
def test_a_form_that_twilio_did_not_sign(name: str, forged: str) -> None:
    vector = VECTORS[name]
    url, params, signature, token = (vector[key] for key in ("url", "params", "signature", "token"))
    settings = settings_of(vector)
    url = {"url": url.replace("flows", "other"), "query": url.replace("42", "43")}.get(forged, url)
    changed = {"value": {"To": "+12025550199"}, "more": {"Extra": ""}}.get(forged, {})
    params = {key: value for key, value in (params | changed).items() if not (forged == "less" and key == "Body")}
    if forged == "signature":
        signature = base64.b64encode(b"x" * len(base64.b64decode(signature))).decode()
    if forged == "algorithm":
        settings = "key=k,algorithm=HMAC_MD5"
    token = "another" if forged == "token" else token
    assert not ours(url, urlencode(params).encode(), signature, token, settings)
    assert not theirs(url, params, signature, token, settings)


def test_a_json_body_that_twilio_signed_and_others_that_it_did_not() -> None:
    vector = VECTORS["twilio_json_body"]
    url, body, signature, token = (vector[key] for key in ("url", "body", "signature", "token"))
    for text, said, true in ((body, signature, True), (body + " ", signature, False), (body, "forged", False)):
        assert ours(url, text.encode(), said, token, kind="application/json") is true
        assert theirs(url, text, said, token) is true
    bare = url.partition("?")[0]
    signed = sign(token, bare)
    assert not ours(bare, body.encode(), signed, token, kind="application/json"), "nothing says whose body it is"


@given(
    params=st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=6),
    port=st.sampled_from(["", ":443", ":8443"]),
    query=st.sampled_from(["", "?key=1-2-3", "?a=%20b&a=c"]),
)
def test_ours_and_theirs_agree_on_any_form(params: dict[str, str], port: str, query: str) -> None:
    """Names without a letter, blank values, any script."""
    url = f"https://flows.example.com{port}/callbacks/main/status{query}"
    signature = RequestValidator("token").compute_signature(url, params)
    assert theirs(url, params, signature, "token")
    assert ours(url, urlencode(params, errors="replace").encode(), signature, "token")
    assert not ours(url, urlencode({**params, "z": "!"}).encode(), signature, "token") or params.get("z") == "!"


@pytest.mark.parametrize(("signed", "configured"), [("", ":443"), (":443", ""), ("", ""), (":443", ":443")])
def test_the_port_may_be_signed_or_not(signed: str, configured: str) -> None:
    path = "/callbacks/main/status"
    signature = sign("token", f"https://flows.example.com{signed}{path}")
    assert ours(f"https://flows.example.com{configured}{path}", b"", signature, "token")
    assert theirs(f"https://flows.example.com{configured}{path}", {}, signature, "token")


# --- Telnyx -----------------------------------------------------------------------------------------------------------------


def telnyx_ours(body: bytes, headers: dict[str, str], key: str, now: int) -> bool:
    try:
        make("telnyx", None, env=environ("telnyx", PUBLIC_KEY=key)).parse_status(CallbackRequest(headers, body), now)
    except BadSignature:
        return False
    return True


def telnyx_theirs(body: bytes, headers: dict[str, str], key: str, now: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    from telnyx.lib import webhook_verification  # slow to load

    monkeypatch.setattr("time.time", lambda: now / 1000)
    try:
        webhook_verification.verify_webhook_signature(body, headers, key)
    except webhook_verification.WebhookVerificationError:
        return False
    return True


@pytest.mark.parametrize("forged", ["", "body", "stamp", "signature", "key", "short", "none", "late", "early"])
def test_telnyx(forged: str, monkeypatch: pytest.MonkeyPatch) -> None:
    vector = VECTORS["telnyx_ed25519"]
    body, headers, key = vector["payload"].encode(), dict(vector["headers"]), vector["public_key_b64"]
    now = int(vector["timestamp"]) * 1000
    if forged == "body":
        body = body.replace(b"delivery_failed", b"delivered")
    if forged == "stamp":
        headers["telnyx-timestamp"] = str(now // 1000 + 1)
    if forged in ("signature", "short"):
        headers["telnyx-signature-ed25519"] = base64.b64encode(b"x" * (64 if forged == "signature" else 5)).decode()
    if forged == "none":
        headers = {}
    if forged == "key":
        key = base64.b64encode(Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode()
    now += {"late": 301_000, "early": -301_000}.get(forged, 0)
    assert telnyx_ours(body, headers, key, now) is (forged == "")
    assert telnyx_theirs(body, headers, key, now, monkeypatch) is (forged == "")


@pytest.mark.parametrize("skew", [-300_000, 300_000])
def test_five_minutes_either_way_are_fresh_for_both(skew: int, monkeypatch: pytest.MonkeyPatch) -> None:
    vector = VECTORS["telnyx_ed25519"]
    now = int(vector["timestamp"]) * 1000 + skew
    asked = (vector["payload"].encode(), vector["headers"], vector["public_key_b64"], now)
    assert telnyx_ours(*asked)
    assert telnyx_theirs(*asked, monkeypatch)


# --- Bandwidth ----------------------------------------------------------------------------------------------------------------


def test_bandwidth() -> None:
    vector = VECTORS["bandwidth_basic"]
    header = vector["header"].partition(": ")[2]
    env = environ("bandwidth", CALLBACK_USER=vector["user"], CALLBACK_PASSWORD=vector["password"])
    callbacks = make("bandwidth", None, env=env)
    assert callbacks.parse_status(CallbackRequest({"authorization": header}, b"[]"), NOON) == []
    other = "Basic " + base64.b64encode(f"{vector['user']}:{vector['password'][:-1]}".encode()).decode()
    for wrong in ("", "Basic", "Basic !", other, header.replace("Basic", "Bearer"), f"{header}, {header}", "Basic ünü"):
        with pytest.raises(BadSignature):
            callbacks.parse_status(CallbackRequest({"authorization": wrong}, b"[]"), NOON)
