"""The text of a filter, read into nodes."""

import re
from typing import Any, cast

from staffetta.errors import InvalidArgument
from staffetta.kit.filters.nodes import LONGEST_ECHO, Literal, Node, check_size, no_condition

LONGEST_FILTER = 4_000
# Each takes 3 microseconds to read, up to four times, in which nobody else is answered. A text counts by its words.
MOST_TOKENS = 1_200
TOKENS = re.compile(r"\w+|[^\w\s]")
DELIMITERS = re.compile(r'[\s"\[\]]*')
# No database keeps a NUL, and half a surrogate pair cannot be sent to one.
UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def parse_filter(text: str) -> Node | None:
    """Read a filter; one that is empty, or has nothing between its delimiters, is None.

    Raises:
        InvalidArgument: not by the grammar, with the position; or longer than 4,000 characters, or too deep.

    """
    if len(text) > LONGEST_FILTER:
        raise InvalidArgument(f"filterby has more than {LONGEST_FILTER} characters")
    if UNWRITABLE.search(text):
        raise InvalidArgument("filterby holds a character that no text has")
    if DELIMITERS.fullmatch(text):
        return None
    if len(TOKENS.findall(text)) > MOST_TOKENS:
        raise InvalidArgument(f"filterby has more than {MOST_TOKENS} words and signs")
    refusals: list[InvalidArgument] = []
    for start, end in _readings(text):
        try:
            node = _parse(text[:end], start)
        except InvalidArgument as error:
            refusals.append(error)
        else:
            check_size(node)
            return node
    raise refusals[0]


def _readings(text: str) -> list[tuple[int, int]]:
    """Return where the expression may start and end: inside its delimiters, or else with them as quotes of a text."""
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    opened, closed = text[start] in '"[', text[end - 1] in '"]'
    inner = (start + opened, end - closed)
    # Only one delimiter: the other side may end in a quoted text, or the closing one was lost.
    return list(dict.fromkeys([inner, (start, end), (start + opened, end), (start, end - closed)]))


def _parse(text: str, start: int) -> Node:
    from lark.exceptions import UnexpectedInput  # noqa: PLC0415 - slow to import, and few filter

    from staffetta.kit.filters.grammar import PARSER  # noqa: PLC0415 - likewise

    try:
        # Blanks instead of a delimiter, so that positions count from where the caller's text begins.
        node = cast("Node", PARSER.parse(" " * start + text[start:]))
    except UnexpectedInput as error:
        raise InvalidArgument(_complaint(text, error)) from error
    if isinstance(node, Literal) and isinstance(node.value, str):
        raise no_condition()
    return node


def _complaint(text: str, error: Any) -> str:
    position = error.pos_in_stream
    token = getattr(error, "token", None)
    if position is None or (token is not None and token.type == "$END"):
        return "filterby ends too early: something is missing at its end"
    return f"filterby cannot be read at position {position + 1}: {text[position : position + LONGEST_ECHO // 3]}"
