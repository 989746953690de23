"""What holds for all tests."""

from __future__ import annotations

from hypothesis import settings

import tests.exploration  # noqa: F401 (it registers the profiles; `--hypothesis-profile deep` comes later and wins)

settings.load_profile("gate")
