"""FastAPI looks at each endpoint when a site is made: here once in a process, and not for each site of a test.

The endpoints of another site close over other things. Their code is the same, and so is all that FastAPI finds out about them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from fastapi.dependencies import models
from fastapi.dependencies.models import Dependant
from fastapi.params import Depends
from fastapi.routing import APIRoute, request_response

Call = Callable[..., Any]
_look = APIRoute.__init__


class _Seen(NamedTuple):
    settings: dict[str, Any]
    found: dict[str, Any]
    """The attributes of the route."""


_seen: dict[tuple[object, str], list[_Seen]] = {}
"""By code and path. An endpoint has two where HEAD is answered as GET is, and not described."""


def _init(route: APIRoute, path: str, endpoint: Call, *, dependencies: Sequence[Depends] = (), **settings: Any) -> None:
    before = _seen.setdefault((_code(endpoint), path), [])
    for seen in before:
        dependant = _for(endpoint, seen.found["dependant"], dependencies) if seen.settings == settings else None
        if dependant is not None:
            vars(route).update(seen.found, endpoint=endpoint, dependencies=[*dependencies], dependant=dependant)
            route.app = request_response(route.get_route_handler())
            return
    _look(route, path, endpoint, dependencies=dependencies, **settings)
    before.append(_Seen(settings, {**vars(route)}))


def _for(call: Call | None, before: Dependant, nameless: Sequence[Depends] = ()) -> Dependant | None:
    """What was found of another call with the same code; None where theirs differs. `nameless`: those of no parameter come first."""
    given = _defaults(call)
    if _code(call) != _code(before.call) or _plain(given) != _plain(_defaults(before.call)):
        return None
    named = [
        given[each.name].dependency if each.name in given else each.call
        for each in before.dependencies[len(nameless) :]
    ]
    calls = [*(each.dependency for each in nameless), *named]
    parts = [_for(part, found) for part, found in zip(calls, before.dependencies, strict=True)]
    known = [part for part in parts if part is not None]
    return replace(before, call=call, dependencies=known) if len(known) == len(parts) else None


def _code(call: Call | None) -> object:
    """What is the same for the calls of all sites."""
    function = call.__func__ if isinstance(call, MethodType) else call
    return function.__code__ if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__") else call


def _defaults(call: Call | None) -> dict[str, Any]:
    """By the name of the parameter."""
    function = call.__func__ if isinstance(call, MethodType) else call
    if not isinstance(function, FunctionType):
        return {}
    code, last = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    return {**dict(zip(names[len(names) - len(last) :], last, strict=True)), **(function.__kwdefaults__ or {})}


def _plain(defaults: dict[str, Any]) -> list[str]:
    return [repr(value) for value in defaults.values() if not isinstance(value, Depends)]


class _Identity(models._CallIdentity):
    """Whether a call is a coroutine, or a generator, is said by its code."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.code = _code(call)

    def __hash__(self) -> int:
        return hash(self.code)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Identity) and self.code == other.code


def install() -> None:
    setattr(APIRoute, "__init__", _init)  # noqa: B010
    setattr(models, "_CallIdentity", _Identity)  # noqa: B010
