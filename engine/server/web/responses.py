"""The API's answers: how they are sent, and their shapes for its description.

Invariants: no cache keeps an answer, as answers are about people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

_PRIVATE = {"Cache-Control": "no-store"}
_TIME: dict[str, Any] = {"format": "date-time"}


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, _PRIVATE, "application/json")


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Problem(BaseModel):
    """RFC 9457. Some problems have further members."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Unprocessable Content"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=['contcat: there is no such key; did you mean "contact"?'])


class Result(_Answer):
    """The result of one event. Alone, a conflict is answered 409, a rejected one 422, and a failed one (a bug in Leadoff) 500."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"status": "accepted"}]})
    status: Literal["accepted", "duplicate", "conflict", "rejected", "failed"]
    reason: str | None = None
    warning: str | None = Field(None, description="Accepted, but a part of it has no effect.")
    opted_out: bool | None = Field(None, description="Refused, but its opt-out is recorded.")


class Results(_Answer):
    """One result for each event, in order."""

    results: list[Result]


class RejectedCode(_Answer):
    index: int = Field(description="Its place in the list, from 0.")
    reason: str


class CodesTaken(_Answer):
    """How many codes came into the pool, and how many did not."""

    new: int
    already: int = Field(description="In this pool before, or twice in the list.")
    elsewhere: int = Field(description="In the pool of another coupon: no code is given twice.")
    rejected: list[RejectedCode]


class ConsentEntry(_Answer):
    status: str
    source: str
    at: str = Field(json_schema_extra=_TIME)
    expires: str | None = Field(json_schema_extra=_TIME, description="From then on it was none; null: it did not end.")
    proof: str | None


class ContactRow(_Answer):
    key: str
    phone: str = Field(examples=["+12025550143"])
    country: str = Field(examples=["US"])
    timezone: str = Field(examples=["America/New_York"])
    consent: str | None = Field(description="subscribed, unsubscribed, or null: none is known, or it has ended")
    consent_source: str | None
    consent_at: str | None = Field(json_schema_extra=_TIME)
    consent_expires: str | None = Field(json_schema_extra=_TIME, description="From then on it is none.")
    fields: dict[str, Any]
    unreachable: str | None = Field(description="Why no text reaches the number, where a provider reported it.")
    created_at: str = Field(json_schema_extra=_TIME)
    updated_at: str = Field(json_schema_extra=_TIME)
    consent_log: list[ConsentEntry]
    warning: str | None = Field(None, description="Accepted, but a part of it has no effect.")


class Forgotten(_Answer):
    opt_out_kept: bool = Field(description="Whether an opt-out is kept, as a keyed hash.")


class RunRow(_Answer):
    id: int
    flow: str
    deployment: int | None
    contact: str
    step: str | None
    status: str
    due_at: str | None = Field(json_schema_extra=_TIME)
    waiting_for: list[str]
    entered_at: str = Field(json_schema_extra=_TIME)


class MessageRow(_Answer):
    id: int
    run: int
    flow: str
    deployment: int
    commit: str | None
    step: str
    contact: str
    kind: Literal["sms", "mms"]
    status: str
    reason: str | None
    parts: int
    price: float
    provider: str | None
    provider_id: str | None
    attempts: int
    queued_at: str = Field(json_schema_extra=_TIME)
    sent_at: str | None = Field(json_schema_extra=_TIME)
    text: str


class FlowRow(_Answer):
    id: int
    flow: str
    category: str | None
    revision: str | None
    deployed: bool
    paused_at: str | None = Field(json_schema_extra=_TIME)
    waiting: int
    parked: int
    queued: int
    missed: int


class _Page(_Answer):
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class RunPage(_Page):
    runs: list[RunRow]


class MessagePage(_Page):
    messages: list[MessageRow]


class FlowPage(_Page):
    flows: list[FlowRow]


class DeployedFiles(_Answer):
    deployment: int
    commit: str | None
    dirty: bool
    at: str = Field(json_schema_extra=_TIME)
    files: dict[str, str] = Field(description="The files of the project by path, as they were applied.")
    media: dict[str, Any] = Field(description="The pictures by path: content hash, kind, bytes, width and height.")


class Status(_Answer):
    version: str
    now: str = Field(json_schema_extra=_TIME)
    deployment: int
    commit: str | None
    held_since: str | None = Field(json_schema_extra=_TIME, description="Since when nothing is sent.")
    paused_flows: list[str]
    only_to: list[str] | None = Field(description="The only numbers that are texted, masked; null: everybody is.")
    open_notices: int


class Waiting(_Answer):
    flow: str
    step: str | None = Field(description="As its deployment calls it; null: not begun, as the flow is paused.")
    number: int | None
    deployment: int | None = Field(description="An older one in which they finish; null: they follow the newest.")
    runs: int
    parked: int = Field(description="Of these.")
    first_due: str | None = Field(json_schema_extra=_TIME)
    last_due: str | None = Field(json_schema_extra=_TIME)


class Unsent(_Answer):
    flow: str
    step: str
    messages: int


class Renamed(_Answer):
    flow: int
    number: int
    deployment: int
    was: str


class Clock(_Answer):
    trigger: str
    zone: str
    over: bool


class FlowNames(_Answer):
    flow: str
    steps: dict[str, str] = Field(description="Number -> name, of every step that was ever deployed.")
    renamed: list[Renamed]
    triggers: list[Clock]
    held: int = Field(description="Messages that quiet hours or caps hold.")


class Standing(DeployedFiles):
    """What is deployed, and who waits where, without people."""

    format_version: int
    older: list[DeployedFiles] = Field(description="Older deployments in which somebody still finishes.")
    flows: list[FlowNames]
    waiting: list[Waiting]
    unsent: list[Unsent] = Field(description="Messages that are written and have not left.")
    senders: dict[str, int] = Field(description="The same by sender.")
