"""Access: applications, the users they act for, and the tokens that say so."""

from staffetta.access.model import (
    LIFETIMES,
    PASSWORD_LIFETIME,
    Application,
    ApplicationBlocked,
    Grant,
    PasswordExpired,
    TokenKind,
    Tokens,
    UnknownApplication,
    UnknownToken,
    User,
    WrongPassword,
)

__all__ = [
    "LIFETIMES",
    "PASSWORD_LIFETIME",
    "Application",
    "ApplicationBlocked",
    "Grant",
    "PasswordExpired",
    "TokenKind",
    "Tokens",
    "UnknownApplication",
    "UnknownToken",
    "User",
    "WrongPassword",
]
