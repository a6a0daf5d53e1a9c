"""The pages that links in mail lead to, and those that a sign-up form ends on."""

from staffetta.interfaces.public.endpoints import PublicPages

__all__ = ["PublicPages"]
