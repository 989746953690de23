"""Webhook: an HTTP request to another program; the run waits until it has answered or the call has failed for good.

Invariants: the call is made at least once, under a key that is the same at every attempt (W1), by which the other side recognizes
it. What is saved of the answer gets the declared type of its field; what is missing or does not fit leaves its field as it was.

Example:

    - id: points
      webhook:
        url: "https://crm.acme.example/points?phone={{ contact.phone }}"
        headers: {x-source: leadoff}
        body: {first_name: "{{ contact.first_name | default('') }}", source: spring}
        timeout: 5s
        save: {state: address.state}
      on_error: [{exit: no_points}]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from hashlib import blake2b
from typing import Annotated, Any, Literal

from pydantic import PlainValidator, ValidationInfo

from engine.block_api import (
    DAY,
    AnswerPath,
    Block,
    Branch,
    CallBody,
    CallUrl,
    CallWebhook,
    Context,
    Duration,
    Exit,
    FlowHead,
    HeaderName,
    HeaderText,
    MissingValue,
    Needs,
    Next,
    Noted,
    Outcome,
    SettableField,
    Step,
    Steps,
    Text,
    Timeout,
    UpdateContact,
    Wait,
    WebhookFact,
    filled_body,
    filled_header,
    filled_url,
    one_of,
    read_steps,
)

ON_ERROR = Branch("on_error")
FAILED = Exit("webhook failed", chosen_by="on_error")
PASSED_BY = Next(chosen_by="on_error")
TEN_SECONDS = Duration(0, 10_000)


def _on_error(value: Any, info: ValidationInfo) -> str | tuple[Step, ...]:
    if isinstance(value, str):
        if value not in ("continue", "exit"):
            raise one_of(value, ("continue", "exit"))
        return value
    return read_steps(value, info)


class Webhook(Block):
    """`webhook:` with `url` and any of `method`, `headers`, `body`, `timeout` and `save`; `on_error` goes next to it."""

    verb = "webhook"
    shorthand = "url"
    sibling_keys = ("on_error",)
    needs_id = True
    changes_facts = True
    waits_for_an_answer = True

    url: CallUrl
    """The URL to call. The query may contain `{{ }}`."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    """POST if there is a body, otherwise GET."""
    headers: Mapping[HeaderName, HeaderText] = {}
    """Request headers; a value may contain `{{ }}`."""
    body: CallBody = None
    """A mapping or list is sent as JSON, text as it is; text in it may contain `{{ }}`."""
    timeout: Timeout = TEN_SECONDS
    """The timeout of one attempt, at most 60s."""
    save: Mapping[SettableField, AnswerPath] = {}
    """Contact fields, and the path of each value in the JSON response."""
    on_error: Annotated[
        str | tuple[Step, ...], PlainValidator(_on_error, json_schema_input_type=Literal["continue", "exit"] | Steps)
    ] = "continue"
    """When all attempts have failed: continue, exit the flow, or run these steps first."""

    @cached_property
    def written_method(self) -> str:
        return self.method or ("GET" if self.body is None else "POST")

    def decide(self, ctx: Context) -> Outcome:
        call = None if ctx.due is None else ctx.facts.webhooks.get(ctx.step or "")
        if call is None:
            return Wait(ctx.now + DAY, None, (self._call(ctx),))
        if call.state in ("queued", "calling"):  # another fact has come, or the call is late by a day
            assert ctx.due is not None
            return Wait(ctx.due if ctx.now < ctx.due else ctx.now + DAY)
        if call.state == "done":
            return Next(self._saved(call, ctx))
        if self.on_error == "exit":
            return FAILED
        return ON_ERROR if isinstance(self.on_error, tuple) else PASSED_BY

    def _call(self, ctx: Context) -> CallWebhook:
        step, timeout = ctx.step or "", self.timeout.nominal
        empty = CallWebhook(step, _key(ctx), self.written_method, "", {}, None, timeout, tuple(self.save.values()))
        try:
            headers = {name: filled_header(value, ctx) for name, value in self.headers.items()}
            body = None if self.body is None else filled_body(self.body, ctx)
            if body is not None and not any(name.lower() == "content-type" for name in headers):
                kind = "text/plain; charset=utf-8" if isinstance(self.body, Text) else "application/json"
                headers["Content-Type"] = kind
            return empty._replace(url=filled_url(self.url, ctx), headers=headers, body=body)
        except MissingValue as missing:
            return empty._replace(wrong=str(missing))

    def _saved(self, call: WebhookFact, ctx: Context) -> tuple[UpdateContact | Noted, ...]:
        values: dict[str, Any] = {}
        notes = []
        for name, path in self.save.items():
            if path not in call.values:
                notes.append(Noted(ctx.step, f"did not save {name}: the response has no {path}"))
                continue
            try:
                values[name] = ctx.program.settings.fields[name](call.values[path])
            except ValueError as why:
                notes.append(Noted(ctx.step, f"did not save {name}: {why}"))
        return (*((UpdateContact(ctx.step, values, (), (), None),) if values else ()), *notes)

    def always_waits(self) -> bool:
        return True

    def saves_fields(self) -> Collection[str]:
        return self.save

    def needs(self) -> Needs:
        return Needs(webhooks=True)

    def branches(self) -> Mapping[str, tuple[Step, ...]]:
        return {"on_error": self.on_error} if isinstance(self.on_error, tuple) else {}

    def outcomes(self, flow: FlowHead) -> Mapping[str, str]:
        return {"on_error": "never failed (on_error)"} if "on_error" in self.model_fields_set else {}

    def describe(self) -> str:
        return f"call {self.written_method} {self.url.source.strip().partition('?')[0]}"


def _key(ctx: Context) -> str:
    """The same at every attempt, another for every contact, run and step; it reveals nothing about them."""
    subject = f"webhook|{ctx.run.contact}|{ctx.run.id}|{ctx.step}".encode()
    return blake2b(subject, key=ctx.program.settings.secret, digest_size=16).hexdigest()
