"""The providers' own descriptions of their APIs, loaded once."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from openapi_core import OpenAPI

FOLDER = Path(__file__).parent
HOSTS = {
    "bandwidth": "https://messaging.bandwidth.com",
    "twilio": "https://api.twilio.com",
    "telnyx": "https://api.telnyx.com",
}


@cache
def document(provider: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{provider}.json").read_text("utf-8"))
    return found


@cache
def api(provider: str) -> OpenAPI:
    return OpenAPI.from_dict(document(provider))
