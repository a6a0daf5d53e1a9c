"""The pages that links in mail lead to, and those that a sign-up form ends on."""

from staffetta.interfaces.public.endpoints import PublicPages
from staffetta.interfaces.public.tracking import TrackedPages

__all__ = ["PublicPages", "TrackedPages"]
