"""How far the tests go that make up their input.

In the gate they make up the same input each time: it fails for a change, never by chance. With `--hypothesis-profile deep` (`make deep`)
they make up other input each time, twenty times as much, and what failed is kept in .hypothesis and tried first the next time.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

DEEPER = 20

# No deadline, and no complaint about slow input: how busy the machine is says nothing about the code.
settings.register_profile(
    "gate",
    max_examples=100,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "deep", max_examples=100 * DEEPER, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


_constants_of_sources = providers._get_local_constants


def _constants() -> Constants:
    """Numbers and texts of our sources are tried as well, of the modules that are loaded by then. In the gate they are not: which those
    are depends on the tests that a worker had before.
    """
    return _constants_of_sources() if is_deep() else providers._local_constants


setattr(providers, "_get_local_constants", _constants)  # noqa: B010


def is_deep() -> bool:
    return settings.get_current_profile_name() == "deep"


def examples(count: int) -> int:
    """For `settings(max_examples=…)`: so many in the gate."""
    return count * DEEPER if is_deep() else count
