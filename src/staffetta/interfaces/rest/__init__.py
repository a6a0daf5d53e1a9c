"""The REST services: ConsoleService, MailStatisticsService, PublicService (contract rest.md)."""

from staffetta.interfaces.rest.server import Rest

__all__ = ["Rest"]
