"""Writes docs/language.md from the models that read the language: `make docs`, or `python -m docs.generate`.

Rules kept here: keys with what they are for, defaults, choices, blocks, operators, codes and what is not built yet come from the code;
only the words beside them are ours (docs/words.py). A key without words, or words without a key, fail the generation, and a test fails
when the file is stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from inspect import cleandoc
from pathlib import Path
from textwrap import dedent
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, WithJsonSchema
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from blocks.registry import BUILT_IN
from blocks.split import SplitBranch
from blocks.switch import Case, Otherwise
from docs import words
from engine.core.block import Block
from engine.core.calendar import Duration
from engine.core.stop_limits import StopLimits
from engine.language.conditions import reading
from engine.language.conditions.fact_tests import REACHED, STATES
from engine.language.conditions.operators import _OPERATORS
from engine.language.conditions.time_window import DAYS
from engine.language.diagnostics.explanations import explanations
from engine.language.jsonschema.types import descriptions
from engine.language.model import declared_fields
from engine.language.model.coupons import CouponModel, FixedCode
from engine.language.model.event_pictures import CollageOfEvent, ImageOfEvent
from engine.language.model.flow import Entry, ExitRule, Flow
from engine.language.model.goals import GoalModel, RefundModel, WithinModel
from engine.language.model.own_events import OWN_EVENTS
from engine.language.model.project import NotifySettings, Project, RegionPrices, SenderModel, WebhookSettings
from engine.language.model.safeguards import (
    AnswerTexts,
    Budget,
    CapSettings,
    MarketingCaps,
    QuietSettings,
    Retention,
    StopSettings,
)
from engine.language.model.segments import SegmentFile
from engine.language.model.sources import SourceModel, TopicModel
from engine.language.model.triggers import BY_VERB, ContactDate, Schedule
from engine.language.model.until import NextTime, OnDate, _weekdays
from engine.language.source import composer, strict_yaml, syntax_errors
from engine.language.templates import dates
from engine.language.templates.filter_calls import FILTERS
from engine.language.values import fields
from engine.language.values.humanize import clock_words, duration_words
from engine.messaging import providers
from engine.messaging.compliance_texts import defaults, frequency
from engine.messaging.quiet_hours import Quiet
from engine.messaging.tables import table

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "language.md"
CODE = re.compile(r"\bLO[0-9]{3}\b")
INSIDE: dict[str, tuple[type[BaseModel], ...]] = {
    "sms": (ImageOfEvent, CollageOfEvent),
    "delay": (NextTime, OnDate),
    "switch": (Case, Otherwise),
    "split": (SplitBranch,),
}
"""Mappings that stand inside of a step."""
HEAD = "<!-- Written by `make docs` from the models: change them, or docs/words.py. -->\n\n# The flow language, version 1\n"


def language() -> str:
    """The whole page."""
    parts = [HEAD, words.INTRO, _flow(), _steps(), _conditions(), _texts(), _project(), _values(), _codes()]
    return "\n".join(part.strip("\n") + "\n" for part in parts)


def codes() -> set[str]:
    """Every code that the source can report."""
    sources = [*(ROOT / "engine").rglob("*.py"), *(ROOT / "blocks").glob("*.py")]
    return {code for path in sources for code in CODE.findall(path.read_text("utf-8"))}


def _flow() -> str:
    return "\n".join(
        [
            "## A flow\n",
            _keys(Flow),
            "### Triggers\n",
            "`manual` (`leadoff start FLOW --contact KEY`), or a mapping with one of these:\n",
            *(f"#### {verb}\n\n{_about(model)}\n\n{_keys(model)}" for verb, model in BY_VERB.items()),
            "`schedule` holds:\n",
            _keys(Schedule),
            "`date` holds:\n",
            _keys(ContactDate),
            words.TRIGGERS_END,
            _yaml(words.TRIGGERS, "flow"),
            "### entry\n",
            _keys(Entry),
            _yaml(words.ENTRY, "flow"),
            "### exit_when\n",
            "A list; the first that holds ends the run.\n",
            _keys(ExitRule),
            _yaml(words.EXIT_WHEN, "flow"),
            "### holdout\n",
            words.HOLDOUT,
        ]
    )


def _steps() -> str:
    start = (
        "A step is a mapping with exactly one verb, an `id` if a run can wait at it or a condition can refer to it, and the keys"
        " that belong to the verb.\n"
    )
    return "\n".join(["## Steps\n", start, *(_step(block) for block in BUILT_IN)])


def _step(block: type[Block]) -> str:
    beside = [f"`{name}`" for name in block.sibling_keys]
    about = (block.__doc__ or "").strip()
    notes = [
        about,
        words.NOTES.get(block.verb, ""),
        "Needs an `id`." if block.needs_id else "",
        f"{', '.join(beside)} {'are keys' if len(beside) > 1 else 'is a key'} next to the verb." if beside else "",
    ]
    return "\n".join(
        [
            f"### {block.verb}\n",
            " ".join(filter(None, notes)) + "\n",
            _keys(block),
            *(f"{_about(model)}\n\n{_keys(model)}" for model in INSIDE.get(block.verb, ())),
            _yaml(_example(block), "steps"),
        ]
    )


def _example(block: type[Block]) -> str:
    """The end of the docstring of the block's file."""
    _, found, example = cleandoc(sys.modules[block.__module__].__doc__ or "").partition("Example:\n\n")
    if not found:
        raise LookupError(f"{block.__module__}: its docstring has no `Example:`")
    return dedent(example) + "\n"


def _about(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _conditions() -> str:
    _same(words.CONDITIONS, reading.KEYS, "condition")
    _same(words.OPERATORS, _OPERATORS, "operator")
    conditions = [(f"`{key}`", what, f"`{example}`") for key, (what, example) in words.CONDITIONS.items()]
    operators = [(f"`{key}`", what, f"`{example}`") for key, (what, example) in words.OPERATORS.items()]
    states = [(f"`{state}`", "every message" if state not in REACHED else _reached(state)) for state in STATES]
    return "\n".join(
        [
            "## Conditions\n",
            "One model, used by `if`, `switch`, `wait_for`, `where`, `require`, `exit_when`, audiences and segments.\n",
            _table(("key", "holds when", "example"), conditions),
            words.CONDITIONS_END,
            "A file of segments/ has these keys:\n",
            _keys(SegmentFile),
            "### Operators\n",
            _table(("operator", "the field's value is", "example"), operators),
            "### States of a message\n",
            _table(("`is`", "reached by a message that is now"), states),
        ]
    )


def _reached(state: str) -> str:
    return ", ".join(sorted(REACHED[state]))


def _texts() -> str:
    _same(words.FILTERS, FILTERS, "filter")
    rows = [(f"`{name}`", what, f"`{example}`") for name, (what, example) in words.FILTERS.items()]
    parts = " ".join(f"`{part}`" for part in dates.DATE_PARTS)
    return "\n".join(
        [
            "## Texts\n",
            words.TEXTS,
            _table(("filter", "what it does", "example"), [(a, b, c.replace("|", "\\|")) for a, b, c in rows]),
            f"The parts of a date's format: {parts}; without one it is `{dates.DATE_DEFAULT}`.\n",
            words.LANGUAGES.replace("{keywords}", _keywords()),
        ]
    )


def _keywords() -> str:
    """Those of other languages: what they do, and the words."""
    told = [each for each in table("keywords")["languages"].values() if isinstance(each, dict)]
    words_of = {kind: [word for each in told for word in each[kind]] for kind in ("stop", "help")}
    return f"{', '.join(words_of['stop'])} opt out; {', '.join(words_of['help'])} ask for help"


def _project() -> str:
    built_in = [
        (f"`{name}`", spec.type, "" if spec.required else "yes") for name, spec in fields.BUILT_IN_FIELDS.items()
    ]
    types = ", ".join(f"`{each}`" for each in fields.WRITABLE_TYPES)
    no_names = ", ".join(f"`{each}`" for each in fields.NO_NAMES)
    return "\n".join(
        [
            "## leadoff.yaml\n",
            "The senders, the countries, the prices, and everything that flows may refer to. It contains no secrets.\n",
            _keys(Project),
            "### A sender\n",
            _keys(SenderModel),
            "### Coupons\n",
            words.COUPONS,
            _keys(CouponModel),
            "`empty` may hold:\n",
            _keys(FixedCode),
            "### Goals\n",
            words.GOALS,
            _keys(GoalModel),
            "`refund` has:\n",
            _keys(RefundModel),
            "`within` may have:\n",
            _keys(WithinModel),
            "### Prices\n",
            _keys(RegionPrices),
            "### Quiet hours\n",
            words.QUIET_HOURS,
            _keys(QuietSettings),
            "### Caps\n",
            words.CAPS,
            _keys(CapSettings),
            "`marketing` holds:\n",
            _keys(MarketingCaps),
            "### Budget\n",
            words.BUDGET,
            _keys(Budget),
            "### Retention\n",
            words.RETENTION,
            _keys(Retention),
            "### Stop by itself\n",
            words.STOP_IF,
            _keys(StopSettings),
            "### Alarms\n",
            words.NOTIFY,
            _keys(NotifySettings),
            "### What Leadoff says by itself\n",
            words.OWN_TEXTS,
            _keys(AnswerTexts),
            _answers(),
            "### Web calls\n",
            _keys(WebhookSettings),
            "### Sources\n",
            words.SOURCES,
            _keys(SourceModel),
            "### A topic\n",
            _keys(TopicModel),
            "### Fields of contacts and events\n",
            f"A field is one of {types}, or a mapping:\n",
            _keys(declared_fields._Field),
            words.LISTS,
            _keys(declared_fields._ListField),
            words.OWN_EVENTS,
            _own_events(),
            words.OWN_EVENTS_MORE,
            "Every contact has these; `country` is always the number's region:\n",
            _table(("field", "type", "may be missing"), built_in),
            f"As a first or last name, these words in this spelling count as no value: {no_names}.\n",
        ]
    )


def _own_events() -> str:
    _same(words.OWN_EVENTS_SAID, OWN_EVENTS, "event of Leadoff's own")
    said = words.OWN_EVENTS_SAID
    fields = {name: ", ".join(f"`{field}`" for field in specs) for name, specs in OWN_EVENTS.items()}
    return _table(("event", "its fields", "when"), [(f"`{name}`", fields[name], said[name]) for name in OWN_EVENTS])


def _answers() -> str:
    """The defaults, in the words of a shop that is called Acme."""
    said = defaults("Acme", frequency(None, 3, None), "help@acme.example")
    return _table(
        ("text", "example of the default"), [(f"`{name}`", text) for name, text in said._asdict().items() if text]
    )


def _values() -> str:
    limits = (
        f"YAML 1.2, one UTF-8 document of at most {strict_yaml.MAX_BYTES // 1024} KiB and {composer.MAX_NODES:,} values, nested at most"
        f" {syntax_errors.MAX_DEPTH} levels. Duplicate keys, anchors, aliases, tags and directives are errors. Only `true`, `false`, `null`"
        " and plain decimals are typed.\n"
    )
    return "\n".join(["## Values\n", limits, words.VALUES_END])


def _codes() -> str:
    explained = explanations()
    _same(explained, codes(), "code")
    rows = [(f"`{code}`", words.SEVERITIES.get(code, "error"), each.title) for code, each in explained.items()]
    return "\n".join(["## What `check` finds\n", words.IGNORES, _table(("code", "severity", "what it means"), rows)])


def told(model: type[BaseModel]) -> dict[str, str]:
    """What is said of each key: the model's own words, or ours where there is more to say."""
    own, ours = descriptions(model), words.FIELDS.get(model.__name__, {})
    _same(own | ours, [field.alias or name for name, field in model.model_fields.items()], f"key of {model.__name__}")
    repeated = [key for key in ours if own.get(key) == ours[key]]
    if repeated:
        raise LookupError(f"docs/words.py: {model.__name__} says itself what is said of {repeated}")
    return own | ours


def _keys(model: type[BaseModel]) -> str:
    said = told(model)
    written = {field.alias or name: field for name, field in model.model_fields.items()}
    rows = [(f"`{name}`", _value(field), _default(field), said[name]) for name, field in written.items()]
    return _table(("key", "value", "when left out", "what it says"), rows)


def _value(field: FieldInfo) -> str:
    return _kind(field.annotation, field.metadata)


def _kind(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """A type as an author would call it."""
    for validator in metadata:
        name = getattr(getattr(validator, "func", None), "__name__", "")
        if name == "_field_type":
            return ", ".join(f"`{each}`" for each in fields.WRITABLE_TYPES)
        if name == "_provider":
            return ", ".join(f"`{each}`" for each in providers.built_in())
        if name in words.VALUES:
            return words.VALUES[name]
    for each in metadata:
        if isinstance(each, WithJsonSchema) and each.json_schema and each.json_schema.get("type") in words.JSON_TYPES:
            return words.JSON_TYPES[each.json_schema["type"]]
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inner[0], inner[1:])
    if origin in (Union, UnionType):
        return " or ".join(_kind(each) for each in inner if each is not NoneType)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin is tuple:
        return f"list of: {_kind(inner[0])}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{_kind(inner[0])} → {_kind(inner[1])}"
    return words.CLASSES[annotation.__name__]


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required() or value is PydanticUndefined:
        return "**required**"
    if value is None or isinstance(value, BaseModel | StopLimits) or value in ("", (), {}):
        return ""
    if isinstance(value, Quiet) and value.closed:
        return f"`{{between: [{', '.join(_clock(minute * 60_000) for minute in value.closed)}]}}`"
    if isinstance(value, Duration):
        return f"`{duration_words(value)}`"
    if any(getattr(each, "func", None) is _weekdays for each in field.metadata):
        return f"`[{', '.join(DAYS[day] for day in value)}]`"
    if isinstance(value, tuple) and value and isinstance(value[0], int):
        return f"`[{', '.join(map(_clock, value))}]`"
    if isinstance(value, float):
        return f"`{value:g}`"
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`" if isinstance(value[0], str) else ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _clock(ms: int) -> str:
    """`"09:00"`, of milliseconds of the day, as an author writes it."""
    return f'"{clock_words(ms)}"'


def _same(said: Iterable[str], there: Iterable[str], what: str) -> None:
    missing, left_over = set(there) - set(said), set(said) - set(there)
    if missing or left_over:
        raise LookupError(
            f"docs/words.py: {what} without words {sorted(missing)}, words without one {sorted(left_over)}"
        )


def _ticked(names: Sequence[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _yaml(text: str, fragment: str) -> str:
    return f"<!-- fragment: {fragment} -->\n```yaml\n{text}```\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(heads), " | ".join("---" for _ in heads), *(" | ".join(row) for row in rows)]
    return "".join(f"| {line} |\n" for line in lines)


if __name__ == "__main__":
    TARGET.write_text(language(), "utf-8")
