"""OAuth2: the pages to log on and consent, and the token endpoint (contract rest.md 3)."""

from staffetta.interfaces.oauth.endpoints import OAuth

__all__ = ["OAuth"]
