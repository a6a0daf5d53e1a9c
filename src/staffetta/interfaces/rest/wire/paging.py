"""A page of a collection, as every collection resource answers it (contract 5.1)."""

from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """The envelope of a collection; members stand in the order of the original."""

    IsPaginated: bool
    Items: Sequence[T]
    PageNumber: int
    PageSize: int
    Skipped: int
    TotalElementsCount: int
