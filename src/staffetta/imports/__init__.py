"""Imports: many recipients at once, stored first and done by a worker."""

from staffetta.imports.model import ImportState

__all__ = ["ImportState"]
