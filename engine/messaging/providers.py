"""The providers by name, and how fast a number of each kind goes out from them where a project says nothing.

Rules kept here: only what holds before an account has talked to its provider: toll-free 3 parts a second (promise M6), a long code 1 and
a short code 100, Twilio's defaults in the US. What a 10DLC campaign is granted, nobody can know but its owner: `rate` says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SIMULATOR = "simulator"
PROVIDERS = (SIMULATOR, "bandwidth", "twilio", "telnyx")

_REAL: Mapping[str, float] = {"toll_free": 3.0, "long_code": 1.0, "short_code": 100.0}
_LOOPBACK: Mapping[str, float] = {"toll_free": 3.0, "long_code": 3.0, "short_code": 3.0}
RATES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {name: _LOOPBACK if name == SIMULATOR else _REAL for name in PROVIDERS}
)
"""Provider -> kind of number -> parts per second."""
