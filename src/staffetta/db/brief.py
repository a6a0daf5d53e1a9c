"""Marking operations that are over at once."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def brief(operation: F) -> F:
    """Say that an operation touches few rows by key and takes well under a millisecond.

    On SQLite such an operation runs on the event loop's own thread. In a thread of its own it would hand the
    interpreter back and forth over every statement, which costs several times what the statements do (measured:
    1,700 sign-ups a second instead of 6,000); see docs/decisions/0003.
    """
    operation.brief = True  # type: ignore[attr-defined]
    return operation


def is_brief(operation: object) -> bool:
    """Tell whether an operation was marked as brief."""
    return getattr(operation, "brief", False)
