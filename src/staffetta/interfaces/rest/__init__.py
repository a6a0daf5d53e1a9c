"""The REST services: ConsoleService, MailStatisticsService, PublicService (contract rest.md)."""
