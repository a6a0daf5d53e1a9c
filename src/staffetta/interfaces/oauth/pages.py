"""The pages of logging on: one function each, from what it shows to its HTML.

Both forms post back to the `action` of their `Form` and carry its `ticket`; the one sends `username` and `password`,
the other `choice`, one of `Choice`.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import urlencode

from babel.dates import format_timedelta
from markupsafe import Markup

from staffetta.interfaces.pages import render
from staffetta.kit.languages import Language


class Choice(StrEnum):
    """What a person answers to the application."""

    ALLOW = "allow"
    DENY = "deny"


class Complaint(StrEnum):
    """Why the form to sign in is shown again."""

    WRONG = "wrong_password"
    EMPTY = "nothing_entered"
    STALE = "stale_form"


class Problem(StrEnum):
    """Why nobody can sign in here."""

    UNKNOWN_APPLICATION = "unknown_application"
    BLOCKED_APPLICATION = "blocked_application"
    WRONG_REDIRECT = "wrong_redirect"
    WRONG_RESPONSE_TYPE = "wrong_response_type"
    PASSWORD_EXPIRED = "password_expired"  # noqa: S105 - a key of texts
    PASSWORD_CHANGE_REQUIRED = "password_change_required"  # noqa: S105 - a key of texts
    ACCOUNT_INACTIVE = "account_inactive"
    ACCOUNT_SUSPENDED = "account_suspended"
    ACCOUNT_EXPIRED = "account_expired"
    TERMS_NOT_ACCEPTED = "account_terms_not_accepted"
    LOCKED = "locked"
    BUSY = "busy"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """What every page has: its language, and whose server it is, where that is known."""

    language: Language
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where a form posts to, its ticket, which application asks, and where the way leads afterwards."""

    action: str
    ticket: str
    application: str
    destination: str


def sign_in(screen: Screen, form: Form, *, login: str = "", complaint: Complaint | None = None) -> str:
    """Ask for user name and password."""
    return render(
        "oauth/sign_in.html",
        screen.language,
        screen=screen,
        form=form,
        application=_strong(form.application),
        destination=_strong(form.destination),
        login=login,
        complaint=complaint,
    )


def consent(screen: Screen, form: Form, *, login: str) -> str:
    """Ask whether the application may act for the user."""
    return render(
        "oauth/consent.html",
        screen.language,
        screen=screen,
        form=form,
        application=_strong(form.application),
        destination=_strong(form.destination),
        login=_strong(login),
        choices=Choice,
    )


# What a person can put right in the console.
MENDED_IN_CONSOLE: Final = frozenset(
    {Problem.PASSWORD_EXPIRED, Problem.PASSWORD_CHANGE_REQUIRED, Problem.TERMS_NOT_ACCEPTED}
)


def problem(screen: Screen, problem: Problem, *, wait: timedelta = timedelta(0), way_back: str = "") -> str:
    """Say why there is nothing to sign in to, and for how long; `way_back` is where the console leads back to."""
    words = format_timedelta(wait, granularity="minute", threshold=100, locale=str(screen.language))
    asked = f"?{urlencode({'next': way_back})}" if way_back else ""
    console_url = f"/console/sign-in{asked}" if problem in MENDED_IN_CONSOLE else ""
    return render(
        "oauth/problem.html", screen.language, screen=screen, key=problem.value, wait=words, console_url=console_url
    )


def _strong(name: str) -> Markup:
    return Markup("<strong><bdi>{}</bdi></strong>").format(name)
