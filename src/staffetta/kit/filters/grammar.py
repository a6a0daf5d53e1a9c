"""The grammar of contract 5.2, and what each of its rules becomes.

Imported when the first filter comes, for lark is slow to load.
"""

import re
from functools import reduce
from typing import Any

from lark import Lark, Transformer, v_args

from staffetta.errors import InvalidArgument
from staffetta.kit.filters.nodes import (
    LARGEST_INTEGER,
    LONGEST_ECHO,
    Comparison,
    Computation,
    Either,
    Every,
    Literal,
    Method,
    Node,
    Not,
    Reference,
)

# As many digits as a double holds without loss.
MOST_DECIMAL_DIGITS = 15
METHODS = {
    "contains": 1,
    "startswith": 1,
    "endswith": 1,
    "equals": 1,
    "trim": 0,
    "tolower": 0,
    "toupper": 0,
    "length": 0,
}
GRAMMAR = r"""
    ?start: either
    ?either: every (_OR every)*
    ?every: unary (_AND unary)*
    ?unary: _NOT unary -> negation
          | comparison
    ?comparison: shift [COMPARATOR shift]
    ?shift: sum (SHIFT sum)* -> computation
    ?sum: product (SIGN product)* -> computation
    ?product: signed (FACTOR signed)* -> computation
    ?signed: SIGN signed -> sign
           | postfix
    ?postfix: primary
            | postfix "." NAME -> member
            | postfix "." NAME "(" [either ("," either)*] ")" -> call
            | postfix "[" TEXT "]" -> element
    ?primary: NAME -> reference
            | INTEGER -> integer
            | DECIMAL -> decimal
            | TEXT -> text
            | TRUE -> true
            | FALSE -> false
            | NULL -> null
            | "(" either ")"

    _OR.2: /\|\|?|or(?!\w)/i
    _AND.2: /&&?|and(?!\w)/i
    _NOT.2: /!(?!=)|not(?!\w)/i
    TRUE.2: /true(?!\w)/i
    FALSE.2: /false(?!\w)/i
    NULL.2: /null(?!\w)/i
    SHIFT.2: /<<|>>/
    COMPARATOR: /==|=|!=|<>|<=|>=|<|>/
    SIGN: /[+-]/
    FACTOR: /[*\/%]/
    DECIMAL.2: /[0-9]+\.[0-9]+/
    INTEGER: /[0-9]+/
    NAME: /[^\W\d]\w*/
    TEXT: /'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*"/s
    %ignore /\s+/
"""
ESCAPED = {"'": re.compile(r"''|\\(['\\\"])"), '"': re.compile(r'""|\\(["\\\'])')}


@v_args(inline=True)
class Builder(Transformer[Any, Node]):
    """What each rule of the grammar becomes, from the leaves up: LALR needs no recursion for it."""

    def either(self, *parts: Node) -> Node:
        return Either(parts)

    def every(self, *parts: Node) -> Node:
        return Every(parts)

    def negation(self, operand: Node) -> Node:
        return Not(operand)

    def comparison(self, left: Node, operator: str, right: Node) -> Node:
        return Comparison({"=": "==", "<>": "!="}.get(operator, str(operator)), left, right)

    def computation(self, first: Node, *rest: Any) -> Node:
        pairs = zip(rest[::2], rest[1::2], strict=True)
        return reduce(lambda left, pair: Computation(str(pair[0]), left, pair[1]), pairs, first)

    def sign(self, sign: str, operand: Node) -> Node:
        if sign == "+":
            return operand
        if isinstance(operand, Literal) and isinstance(operand.value, int | float):
            return Literal(-operand.value)
        return Computation("-", Literal(0), operand)

    def reference(self, name: str) -> Node:
        return Reference(str(name))

    def member(self, subject: Node, name: str) -> Node:
        if name.lower() == "length":
            return Method(subject, "length")
        if isinstance(subject, Reference) and subject.key is None:
            return Reference(f"{subject.name}.{name}")
        raise InvalidArgument(f"filterby: only a property has a member {name[:LONGEST_ECHO]}")

    def call(self, subject: Node, name: str, *arguments: Node) -> Node:
        expected = METHODS.get(name.lower())
        if expected is None:
            raise InvalidArgument(
                f"filterby: there is no method {name[:LONGEST_ECHO]}; there are Contains, StartsWith, EndsWith, Equals,"
                " Trim, ToLower, ToUpper and Length"
            )
        if len(arguments) != expected:
            raise InvalidArgument(f"filterby: {name} takes {expected or 'no'} value{'s' * (not expected)}")
        return Method(subject, name.lower(), arguments)

    def element(self, subject: Node, key: str) -> Node:
        if isinstance(subject, Reference) and subject.key is None:
            return Reference(subject.name, _unquoted(key))
        raise InvalidArgument("filterby: only a property has an element")

    def integer(self, digits: str) -> Node:
        if len(digits) > len(str(LARGEST_INTEGER)) or int(digits) > LARGEST_INTEGER:
            raise InvalidArgument("filterby: a number has at most 64 bits")
        return Literal(int(digits))

    def decimal(self, digits: str) -> Node:
        if len(digits) > MOST_DECIMAL_DIGITS + 1:
            raise InvalidArgument(f"filterby: a decimal number has at most {MOST_DECIMAL_DIGITS} digits")
        return Literal(float(digits))

    def text(self, quoted: str) -> Node:
        return Literal(_unquoted(quoted))

    def true(self, _: str) -> Node:
        return Literal(True)

    def false(self, _: str) -> Node:
        return Literal(False)

    def null(self, _: str) -> Node:
        return Literal(None)


def _unquoted(quoted: str) -> str:
    quote = quoted[0]
    return ESCAPED[quote].sub(lambda escape: escape[1] or quote, quoted[1:-1])


PARSER = Lark(GRAMMAR, parser="lalr", transformer=Builder(), maybe_placeholders=False)
