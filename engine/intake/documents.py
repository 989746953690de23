"""Events, starts and codes of coupons as JSON. The models are the check and the API's description at once."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from engine.contacts.documents import Contact, Document, Instant, Name

MOST_CODES = 10_000  # of one request


class Event(Document):
    """What a contact did."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "A-1001",
                    "event": "order.placed",
                    "contact": {"phone": "+12025550143"},
                    "occurred_at": "2026-11-27T09:00:00Z",
                    "data": {"order_id": "A-1001", "total": 189},
                }
            ]
        }
    )
    id: Name | None = Field(None, description="The same id of the same contact is accepted once in 30 days.")
    event: Name
    contact: Contact
    occurred_at: Instant | None = Field(None, description="When it happened; now by default.")
    data: dict[Name, Any] | None = Field(None, description="The event's data, as declared in leadoff.yaml.")


class Start(Document):
    """Who is to be started on a flow by hand."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"contact": {"phone": "+12025550143"}}]})
    id: Name | None = Field(None, description="The same id of the same contact is accepted once in 30 days.")
    contact: Contact
    data: dict[Name, Any] | None = Field(None, description="What the flow may read as the event's data.")


class Codes(Document):
    """Codes for the pool of a coupon."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"codes": ["SPRING-7F3K", "SPRING-9Q2M"]}]})
    codes: list[str] = Field(min_length=1, max_length=MOST_CODES)
