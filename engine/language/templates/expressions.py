"""Reads what is between `{{` and `}}`: a field, a link, a coupon or a quoted text, with filters. Each becomes one closure.

Invariants: only listed nodes of Jinja2's tree are accepted; constants are quoted texts and short numbers, so reading a file evaluates
nothing. Each token is passed to the parser on a line of its own, so the line of a node or of a syntax error is the number of its token.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from jinja2 import Environment, TemplateSyntaxError, nodes

from engine.language.diagnostics.findings import did_you_mean, nearest
from engine.language.templates import filters
from engine.language.templates.filter_calls import OF_LISTS, Refused, constants, first_line, read_filter
from engine.language.templates.getters import (
    Getter,
    Reader,
    cleaning,
    counted,
    filtered,
    linked,
    named,
    shown,
    value_reader,
)
from engine.language.templates.placeholders_of_others import our_path
from engine.language.values.fields import MOST_ROWS
from engine.language.values.urls import is_web_address

ROOTS = ("contact", "event")
FUNCTIONS = ("link", "short", "coupon")
MOST_TOKENS = 64
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_VALUES_ONLY = "a text can show fields and links, with filters; for conditions use an `if` step"


class Token(NamedTuple):
    kind: str
    value: str
    offset: int


class TextMistake(NamedTuple):
    code: str
    message: str
    help: str | None
    offset: int
    length: int = 1


class Shown(NamedTuple):
    """A field that a text shows, or makes a link of."""

    path: str  # contact.first_name, event.items[0].title
    has_default: bool
    offset: int
    listed: str | None = None  # the filter of OF_LISTS
    in_link: bool = False  # short(event.cart_url)

    @property
    def field(self) -> str:
        """What is declared: `event.items`."""
        return self.path.partition("[")[0]

    @property
    def in_row(self) -> str | None:
        """The field of a row: `title`."""
        return self.path.partition("].")[2] or None

    @property
    def row(self) -> int:
        """The number of the row; 0 where no row is meant."""
        return int(self.path.partition("[")[2].partition("]")[0] or 0)


class LinkUsed(NamedTuple):
    """A tracked link: one of leadoff.yaml, `fixed` for short("https://…"), `value` for short(event.cart_url)."""

    name: str  # of one of leadoff.yaml; else its address, or the path of its value
    offset: int  # of the name, inside its quotes
    kind: Literal["declared", "fixed", "value"] = "declared"

    @property
    def is_declared(self) -> bool:
        return self.kind == "declared"


class CouponUsed(NamedTuple):
    name: str  # of a pool in leadoff.yaml
    offset: int  # as of LinkUsed


class Expression(NamedTuple):
    get: Getter
    shows: Shown | None = None
    link: LinkUsed | None = None
    coupon: CouponUsed | None = None


def read_expression(
    jinja: Environment, tokens: Sequence[Token], end: int, for_people: bool
) -> tuple[Expression | None, list[TextMistake]]:
    """The expression of these tokens as far as it can be read, and what is wrong with it.

    `end` is the place of its `}}`. `for_people`: a person reads the result.
    """
    mistake = _looked_over(tokens, end)
    if mistake:
        return None, [mistake]
    by_line = (*tokens, Token("variable_end", "}}", end))
    refusals: list[Refused] = []
    read = None
    try:
        tree = _parsed(jinja, tuple(token.value for token in tokens))
        read = _expression(tree, [token.offset for token in tokens], for_people, refusals)
    except TemplateSyntaxError as error:
        token = by_line[min(error.lineno - 2, len(tokens))]
        return None, [_mistake("LO401", f'"{token.value}" is not allowed here', _VALUES_ONLY, token)]
    except Refused as refused:
        refusals.append(refused)
    places = [by_line[min(each.line - 2, len(tokens))] for each in refusals]
    return read, [_mistake(each.code, each.message, each.help, at) for each, at in zip(refusals, places, strict=True)]


@lru_cache(maxsize=1024)
def _parsed(jinja: Environment, words: tuple[str, ...]) -> nodes.Template:
    """Most texts show the same few fields and links."""
    return jinja.parse("{{\n" + "\n".join(words) + "\n}}")


def _mistake(code: str, message: str, help: str | None, token: Token) -> TextMistake:
    return TextMistake(code, message, help, token.offset, len(token.value))


def _looked_over(tokens: Sequence[Token], end: int) -> TextMistake | None:
    """What can be refused before anything is parsed: it keeps the parser's work small."""
    if not tokens:
        return TextMistake("LO401", "there is nothing between {{ and }}", "name a field: {{ contact.first_name }}", end)
    if len(tokens) > MOST_TOKENS:
        return TextMistake("LO401", "this expression is too long", _VALUES_ONLY, tokens[0].offset)
    depth = 0
    for number, token in enumerate(tokens):
        kind, value, _ = token
        if kind == "operator":
            depth += {"(": 1, ")": -1}.get(value, 0)
            row = value == "]" or [each.kind for each in tokens[number + 1 : number + 3]] == ["integer", "operator"]
            if value not in (".", "|", "(", ")", ",", *("[]" if row else "")) or depth > 2:
                return _mistake("LO401", f'"{value}" is not allowed in a text', _VALUES_ONLY, token)
        elif kind == "string" and ("\\" in value or "\n" in value):
            help = "to write a quote, use the other kind of quotes around it"
            return _mistake("LO401", "quoted text cannot contain a backslash or a line break", help, token)
        elif kind in ("integer", "float") and len(value) > 9:
            return _mistake("LO401", "this number is too long", None, token)
    return None


def _expression(tree: nodes.Template, places: Sequence[int], for_people: bool, refusals: list[Refused]) -> Expression:
    """A filter that is refused is noted in `refusals` and passed over."""
    output = tree.body[0]
    assert isinstance(output, nodes.Output)
    node, chain = output.nodes[0], []
    while isinstance(node, nodes.Filter) and node.node is not None:
        chain.append(node)
        node = node.node
    of_list = chain.pop() if chain and chain[-1].name in OF_LISTS else None
    steps = []
    for each in reversed(chain):
        try:
            steps.append(read_filter(each))
        except Refused as refused:
            refusals.append(refused)
    by_list = None
    if of_list is not None:
        if not isinstance(node, nodes.Getattr):
            raise Refused("LO402", f"{of_list.name} is for lists", "write {{ event.items | count }}", of_list.lineno)
        try:
            by_list = _of_list(of_list)
        except Refused as refused:
            refusals.append(refused)
    if isinstance(node, nodes.Call):
        function = _function(node)
        if chain:
            what, help = _THINGS[function], f'write {{{{ {function}("NAME") }}}} alone'
            raise Refused("LO402", f"a {what} cannot have a filter", help, chain[-1].lineno)
        if function == "short" and _is_value(node):
            return _short_of_value(node, places)
        name, offset = _named(node, function, places)
        if function == "coupon":
            return Expression(lambda ctx: ctx.coupon(name), coupon=CouponUsed(name, offset))
        if function == "short":
            return Expression(lambda ctx: ctx.tracked(name, name), link=LinkUsed(name, offset, "fixed"))
        return Expression(lambda ctx: ctx.link(name), link=LinkUsed(name, offset))
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        constant = filters.cleaned(node.value)
        get = filtered(lambda ctx: constant, steps, "this text", filters.cleaned) if steps else lambda ctx: constant
        return Expression(get)
    root, names = _path(node)
    path = _written(root, names)
    # A filter that could not be read may have been the `default`.
    fallbacks = [] if refusals else [constants(each)[0] for each in reversed(chain) if each.name == "default"]
    place = Shown(path, bool(fallbacks or refusals), places[first_line(node) - 2], of_list.name if of_list else None)
    read, clean = value_reader(root, names), cleaning(path, for_people)
    if by_list:
        return Expression(filtered(by_list(read, path, clean), steps, path, lambda text: text), place)
    if not chain or (len(chain) == 1 and fallbacks):
        return Expression(shown(read, path, filters.plain(fallbacks[0]) if fallbacks else None, clean), place)
    return Expression(filtered(read, steps, path, clean), place)


def _of_list(node: nodes.Filter) -> Callable[[Reader, str, filters.Clean], Reader]:
    """What this filter makes of a list."""
    line, given = node.lineno, constants(node)
    if node.name == "count":
        if given:
            raise Refused("LO402", "count takes no arguments", "write | count", line)
        return lambda read, path, clean: counted(read)
    if len(given) != 1 or type(given[0]) is not int or not 1 <= given[0] <= MOST_ROWS:
        raise Refused("LO402", f"names needs a number from 1 to {MOST_ROWS}", "write | names(2)", line)
    most = given[0]
    return lambda read, path, clean: named(read, most, path, clean)


def _path(node: nodes.Node) -> tuple[str, tuple[str | int, ...]]:
    """`contact.first_name` and `event.items[0].title` as their root and names."""
    names: list[str | int] = []
    at = node
    while isinstance(at, nodes.Getattr | nodes.Getitem):
        if isinstance(at, nodes.Getitem):
            names.insert(0, _row(at, names))
            at = at.node
            continue
        if not _FIELD.fullmatch(at.attr):
            raise Refused(
                "LO403", f'no field is called "{at.attr}"', "a field name starts with a letter", at.lineno + 1
            )
        names.insert(0, at.attr)
        at = at.node
    if not isinstance(at, nodes.Name):
        if isinstance(at, nodes.Call) and names:
            function = at.node.name if isinstance(at.node, nodes.Name) and at.node.name in FUNCTIONS else "link"
            help = f'write {{{{ {function}("NAME") }}}} alone'
            raise Refused("LO401", f"a {_THINGS[function]} does not have fields", help, first_line(node))
        raise Refused("LO401", "this is not supported in a text", _VALUES_ONLY, first_line(at))
    if at.name in FUNCTIONS and not names:
        wanted = "an address" if at.name == "short" else "a name"
        raise Refused("LO402", f"{at.name} needs {wanted} in parentheses", f"write {_USUAL[at.name]}", at.lineno)
    if at.name not in ROOTS:
        near = nearest(at.name, ROOTS) if names else None
        tail = ".".join(map(str, names))
        meant = f"{near}.{tail}" if near else our_path(tail or at.name)
        raise Refused("LO403", f'"{at.name}" is neither `contact` nor `event`', f'did you mean "{meant}"?', at.lineno)
    if not names:
        raise Refused("LO403", f'"{at.name}" needs a field', f"write {at.name}.NAME", at.lineno)
    return at.name, tuple(names)


def _row(at: nodes.Getitem, behind: Sequence[str | int]) -> int:
    """The number of a row. `behind`: the names after it."""
    assert isinstance(at.arg, nodes.Const), "the tokens have been looked over"
    if not isinstance(at.node, nodes.Getattr) or not isinstance(at.node.node, nodes.Name):
        help = "[ ] is for the row of a list: {{ event.items[0].title }}"
        raise Refused("LO401", "there is no list before this row", help, at.arg.lineno)
    row: int = at.arg.value
    if row >= MOST_ROWS:
        help = f"a list has at most {MOST_ROWS} rows: write [0] to [{MOST_ROWS - 1}]"
        raise Refused("LO401", f"there is never a row {row}", help, at.arg.lineno)
    if len(behind) != 1:
        help = f"name one of the row's fields: [{row}].title"
        raise Refused("LO401", "a text shows a field of a row, not the row", help, at.arg.lineno)
    return row


def _written(root: str, names: Sequence[str | int]) -> str:
    return root + "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in names)


def _function(call: nodes.Call) -> str:
    if not isinstance(call.node, nodes.Name):
        help = "write a filter after a bar: {{ contact.first_name | upper }}"
        raise Refused("LO402", "a field cannot be called", help, first_line(call))
    function: str = call.node.name
    if function not in FUNCTIONS:
        help = did_you_mean(
            function, FUNCTIONS, 'the functions are link("NAME"), short("https://…") and coupon("NAME")'
        )
        raise Refused("LO402", f'there is no function "{function}"', help, call.node.lineno)
    return function


def _named(call: nodes.Call, function: str, places: Sequence[int]) -> tuple[str, int]:
    """The argument in quotes, and its place."""
    given = constants(call)
    if len(given) != 1 or not isinstance(given[0], str) or not given[0]:
        wanted = (
            "one web address in quotes, or one field"
            if function == "short"
            else f"the name of one {function}, in quotes"
        )
        raise Refused("LO402", f"{function} needs {wanted}", f"write {_USUAL[function]}", call.node.lineno)
    at = call.args[0].lineno
    if function == "short":
        _refuse_no_address(given[0], at)
    return given[0], places[at - 2] + 1


def _refuse_no_address(text: str, line: int) -> None:
    if not is_web_address(text):
        raise Refused("LO236", "this is not a URL", "write it whole: " + _USUAL["short"], line)


def _is_value(call: nodes.Call) -> bool:
    """Whether its one argument is a field, perhaps with filters."""
    plain = not (call.kwargs or call.dyn_args or call.dyn_kwargs)
    return plain and len(call.args) == 1 and not isinstance(call.args[0], nodes.Const)


def _short_of_value(call: nodes.Call, places: Sequence[int]) -> Expression:
    """`short(event.cart_url)`, and `short(event.cart_url | default("https://acme.example"))`."""
    node: nodes.Node = call.args[0]
    fallback = None
    if isinstance(node, nodes.Filter) and node.node is not None:
        if node.name != "default":
            help = 'only a default: short(event.cart_url | default("https://acme.example"))'
            raise Refused("LO402", f"the address of a link cannot have the filter {node.name}", help, node.lineno)
        given = constants(node)
        fallback = given[0] if len(given) == 1 else None
        if not isinstance(fallback, str):
            raise Refused(
                "LO402", "default needs one web address", 'write | default("https://acme.example")', node.lineno
            )
        _refuse_no_address(fallback, node.args[0].lineno)
        node = node.node
    root, names = _path(node)
    path, offset = _written(root, names), places[first_line(node) - 2]
    place = Shown(path, fallback is not None, offset, in_link=True)
    return Expression(linked(value_reader(root, names), path, fallback), place, LinkUsed(path, offset, "value"))


_THINGS = {"link": "link", "short": "link", "coupon": "coupon"}
_USUAL = {
    "link": 'link("shop")',
    "short": 'short("https://acme.example/spring") or short(event.cart_url)',
    "coupon": 'coupon("spring10")',
}
