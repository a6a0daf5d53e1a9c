"""Staffetta: a self-hosted email-marketing server that speaks the MailUp API family."""

__version__ = "0.1.0"
