"""Marking operations: those that are over at once, and those that keep to themselves."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def brief(operation: F) -> F:
    """Say that an operation touches few rows by key and takes well under a millisecond.

    On SQLite such an operation runs on the event loop's own thread. In a thread of its own it hands the interpreter
    back and forth over every statement; see docs/decisions/0003 for what was measured of that, and what was not.
    """
    operation.brief = True  # type: ignore[attr-defined]
    return operation


def is_brief(operation: object) -> bool:
    """Tell whether an operation was marked as brief."""
    return getattr(operation, "brief", False)


def apart(operation: F) -> F:
    """Say that an operation locks rows that others lock in another order.

    On PostgreSQL it has a transaction of its own, where others share one: two that share it with different company
    would wait for each other.
    """
    operation.apart = True  # type: ignore[attr-defined]
    return operation


def is_apart(operation: object) -> bool:
    """Tell whether an operation was marked as one that keeps to itself."""
    return getattr(operation, "apart", False)
