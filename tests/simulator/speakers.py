"""The same message in each provider's own form, by plain HTTP as its documentation has it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import httpx

from engine.simulator import Application, Simulator
from tests.simulator.app import App, Post

PERSON, SHOP, KEY = "+12025550143", "+18445550100", "1-2-hero"
SID, TOKEN = "AC" + "0a" * 16, "a-token-of-twilio"
API_KEY = "KEY-of-telnyx"
ACCOUNT, USER, PASSWORD, APPLICATION = "5500000", "api", "pass:word", "93de2206-9669-4e07-948d-329f4b722ee2"
CREDENTIALS = ("callbacks", "s3cr3t:with:colons")
ACCOUNTS = {SID: TOKEN, "telnyx": API_KEY, ACCOUNT: f"{USER}:{PASSWORD}"}


class Heard(NamedTuple):
    """What a callback says, in our words."""

    id: str
    status: str
    code: str | None
    tag: str | None


class Speaker:
    """`client` is a plain HTTP client on the simulator, `app` what its callbacks go to."""

    name: str
    accepted: int

    def __init__(self, client: httpx.Client, app: App, simulator: Simulator) -> None:
        self.client, self.app, self.simulator = client, app, simulator

    @property
    def callback(self) -> str:
        return f"{self.app.url}/callbacks/main/status?key={KEY}"

    def post(self, fields: dict[str, Any]) -> httpx.Response:
        raise NotImplementedError

    def message(self, to: str = PERSON, text: str | None = "Hello", media: str | None = None) -> dict[str, Any]:
        raise NotImplementedError

    def send(self, to: str = PERSON, text: str | None = "Hello", media: str | None = None) -> httpx.Response:
        return self.post(self.message(to, text, media))

    def identity(self, answer: httpx.Response) -> str:
        raise NotImplementedError

    def codes(self, answer: httpx.Response) -> list[str]:
        """The codes, or names, of a refusal."""
        raise NotImplementedError

    def heard(self) -> list[Heard]:
        """Every status callback in the order they came, each believed as the provider's documentation says."""
        return [heard for post in self.app.posts if "/status" in post.path for heard in self.read(post)]

    def read(self, post: Post) -> Iterator[Heard]:
        raise NotImplementedError


class TwilioSpeaker(Speaker):
    name, accepted = "twilio", 201

    def post(self, fields: dict[str, Any]) -> httpx.Response:
        return self.client.post(f"/2010-04-01/Accounts/{SID}/Messages.json", data=fields, auth=(SID, TOKEN))

    def message(self, to: str = PERSON, text: str | None = "Hello", media: str | None = None) -> dict[str, Any]:
        fields = {"To": to, "From": SHOP, "Body": text, "MediaUrl": media, "StatusCallback": self.callback}
        return {name: value for name, value in fields.items() if value is not None}

    def identity(self, answer: httpx.Response) -> str:
        return str(answer.json()["sid"])

    def codes(self, answer: httpx.Response) -> list[str]:
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["more_info"].endswith(str(problem["code"]))
        return [str(problem["code"])]

    def form(self, post: Post) -> dict[str, str]:
        """The parameters of a post that is signed over the address as it was called."""
        pairs = parse_qsl(post.body.decode(), keep_blank_values=True)
        signed = f"{self.app.url}{post.path}" + "".join(name + value for name, value in sorted(pairs))
        signature = base64.b64encode(hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        assert post.headers["X-Twilio-Signature"] == signature
        return dict(pairs)

    def read(self, post: Post) -> Iterator[Heard]:
        form = self.form(post)
        assert form["AccountSid"] == SID
        yield Heard(form["MessageSid"], form["MessageStatus"], form.get("ErrorCode"), post.path.partition("key=")[2])


class BandwidthSpeaker(Speaker):
    name, accepted = "bandwidth", 202

    def post(self, fields: dict[str, Any]) -> httpx.Response:
        return self.client.post(f"/api/v2/users/{ACCOUNT}/messages", json=fields, auth=(USER, PASSWORD))

    def message(self, to: str = PERSON, text: str | None = "Hello", media: str | None = None) -> dict[str, Any]:
        fields: dict[str, Any] = {"applicationId": APPLICATION, "to": [to], "from": SHOP, "tag": KEY, "text": text}
        if media is not None:
            fields["media"] = [media]
        return {name: value for name, value in fields.items() if value is not None}

    def identity(self, answer: httpx.Response) -> str:
        return str(answer.json()["id"])

    def codes(self, answer: httpx.Response) -> list[str]:
        problem = answer.json()
        assert problem["description"]
        return [problem["type"], *(wrong["fieldName"] for wrong in problem.get("fieldErrors", []))]

    def items(self, post: Post) -> list[dict[str, Any]]:
        assert post.headers["Authorization"] == "Basic " + base64.b64encode(":".join(CREDENTIALS).encode()).decode()
        return post.items

    def read(self, post: Post) -> Iterator[Heard]:
        statuses = {"message-sending": "sent", "message-sent": "sent", "message-delivered": "delivered"}
        for item in self.items(post):
            code = item.get("errorCode")
            status = statuses.get(item["type"], "failed")
            yield Heard(item["message"]["id"], status, None if code is None else str(code), item["message"]["tag"])


class TelnyxSpeaker(Speaker):
    name, accepted = "telnyx", 200

    def post(self, fields: dict[str, Any]) -> httpx.Response:
        return self.client.post("/v2/messages", json=fields, headers={"Authorization": f"Bearer {API_KEY}"})

    def message(self, to: str = PERSON, text: str | None = "Hello", media: str | None = None) -> dict[str, Any]:
        fields: dict[str, Any] = {"to": to, "from": SHOP, "text": text, "webhook_url": self.callback}
        if media is not None:
            fields["media_urls"] = [media]
        return {name: value for name, value in fields.items() if value is not None}

    def identity(self, answer: httpx.Response) -> str:
        return str(answer.json()["data"]["id"])

    def codes(self, answer: httpx.Response) -> list[str]:
        return [error["code"] for error in answer.json()["errors"]]

    def event(self, post: Post) -> dict[str, Any]:
        from telnyx.lib.webhook_verification import verify_webhook_signature  # slow to load

        verify_webhook_signature(post.body, post.headers, self.simulator.telnyx_public_key)
        event: dict[str, Any] = httpx.Response(200, content=post.body).json()
        return event

    def read(self, post: Post) -> Iterator[Heard]:
        payload = self.event(post)["data"]["payload"]
        statuses = {"delivery_failed": "undelivered", "sending_failed": "failed"}
        status, errors = payload["to"][0]["status"], payload["errors"]
        tag = payload["webhook_url"].partition("key=")[2]
        yield Heard(payload["id"], statuses.get(status, status), errors[0]["code"] if errors else None, tag)


SPEAKERS = (TwilioSpeaker, BandwidthSpeaker, TelnyxSpeaker)


def spoken_to(app: App, **changes: Any) -> Simulator:
    """A simulator that all of them have an account at. On the real clock: Telnyx's verifier has no other."""
    applications = {APPLICATION: Application(f"{app.url}/callbacks/main", *CREDENTIALS)}
    return Simulator(accounts=ACCOUNTS, applications=applications, retry_delays=(0.01, 0.01), **changes)
