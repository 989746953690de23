"""FastAPI looks at the parameters of each endpoint when a site is made: here once in a process, and not for each site of a test.

A site has some hundred endpoints, and each one is made anew with it: what they close over is another, their code is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import CodeType, FunctionType, MethodType
from typing import Any

from fastapi import params, routing
from fastapi.dependencies import utils
from fastapi.dependencies.models import Dependant

_look = utils.get_dependant
_seen: dict[tuple[CodeType, str], tuple[Dependant, list[Any]]] = {}


def _dependant(*, path: str, call: Callable[..., Any], **more: Any) -> Dependant:
    function = call.__func__ if isinstance(call, MethodType) else call
    if not isinstance(function, FunctionType):
        return _look(path=path, call=call, **more)
    given = _defaults(function)
    plain = [value for value in given.values() if not isinstance(value, params.Depends)]
    key = (function.__code__, f"{path} {sorted(more.items())}")
    if key not in _seen or _seen[key][1] != plain:
        found = _look(path=path, call=call, **more)
        _seen[key] = (replace(found, dependencies=[*found.dependencies]), plain)
        return found
    before, _ = _seen[key]
    return replace(before, call=call, dependencies=[_of_this(each, given) for each in before.dependencies])


def _of_this(before: Dependant, given: dict[str, Any]) -> Dependant:
    """The same dependency, of the endpoint that has these defaults: without one it is named by the parameter's type."""
    call = given[before.name].dependency if before.name in given else before.call
    assert before.path is not None and call is not None
    return _dependant(
        path=before.path,
        call=call,
        name=before.name,
        own_oauth_scopes=before.own_oauth_scopes,
        parent_oauth_scopes=before.parent_oauth_scopes,
        use_cache=before.use_cache,
        scope=before.scope,
        concurrency=before.concurrency,
    )


def _defaults(function: FunctionType) -> dict[str, Any]:
    """By the name of the parameter."""
    code, last = function.__code__, function.__defaults__ or ()
    names = code.co_varnames[: code.co_argcount]
    return {**dict(zip(names[len(names) - len(last) :], last, strict=True)), **(function.__kwdefaults__ or {})}


def install() -> None:
    for module in (utils, routing):
        setattr(module, "get_dependant", _dependant)  # noqa: B010
