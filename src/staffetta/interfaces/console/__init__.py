"""The web console: its frame, and the rooms that are there: signing in, the account at a glance, who may act for me."""

from staffetta.interfaces.console.endpoints import Console

__all__ = ["Console"]
