"""What merge fields can be called in a message that is looked at before it is sent."""

from collections.abc import Mapping
from typing import NamedTuple

from staffetta.campaigns.merging import key_of, sources_of
from staffetta.lists import Field


class Names(NamedTuple):
    """What merge fields can be called, and which value each stands for (`merging.sources_of`)."""

    sources: Mapping[str, str]

    @classmethod
    def of(cls, fields: Mapping[int, str]) -> "Names":
        """Return the names under which fields, given by number, are filled in."""
        return cls(sources_of(Field(id=number, name=name) for number, name in fields.items()))

    def known(self, name: str) -> bool:
        """Tell whether a merge field of this name is filled in."""
        return key_of(name) in self.sources

    def number(self, name: str) -> int | None:
        """Return the number of the account's field of this name; None where it is none of these."""
        source = self.sources.get(key_of(name), "")
        return int(source) if source.isdigit() else None
