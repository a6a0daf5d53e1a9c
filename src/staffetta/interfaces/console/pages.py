"""The pages of the console: one function each, from what it shows to its HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from markupsafe import Markup

from staffetta.access import Authorization, User
from staffetta.accounts import Account
from staffetta.accounts.terms import Terms
from staffetta.interfaces.pages import render
from staffetta.kit.languages import Language
from staffetta.lists import MailingList

# Each in its own language, for whoever does not read the others.
LANGUAGES: Final[Mapping[Language, str]] = {
    Language.EN: "English",
    Language.IT: "Italiano",
    Language.ES: "Español",
    Language.FR: "Français",
    Language.PT: "Português",
    Language.JA: "日本語",
    Language.DA: "Dansk",
}
MOST_LISTS: Final = 20
# A trial that ends within so many days is called to mind at the top of the home page.
SOON_DAYS: Final = 7
LONGEST_TITLE: Final = 100


class News(StrEnum):
    """What is told at the top of the next page."""

    SIGNED_OUT = "signed_out"
    PASSWORD_CHOSEN = "password_chosen"  # noqa: S105 - a key of texts
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a key of texts
    PASSWORD_RESET = "password_reset_done"  # noqa: S105 - a key of texts
    TERMS_ACCEPTED = "terms_accepted"
    REVOKED = "revoked"
    NOT_AUTHORIZED = "not_authorized"
    STEP_OVER = "step_over"
    STALE_FORM = "stale_form"


class Problem(StrEnum):
    """Why there is no page."""

    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    RESET_DEAD = "reset_dead"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What is around a page: whose console it is, where one is in it, who is signed in, and what has happened.

    Without a `room` there is no way about, as for somebody who has not accepted the terms yet.
    """

    language: Language
    brand: str
    room: str = ""
    language_url: str = "?lang="
    login: str = ""
    sign_out_ticket: str = ""
    news: tuple[News, str] | None = None


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with a form: the field that it is about, or "" for all of it, and the key of the text."""

    field: str
    key: str
    wait: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What every form carries and shows: its ticket, where it leads on to, and what was wrong with it."""

    ticket: str
    next: str = ""
    complaints: Sequence[Complaint] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An application that acts for somebody."""

    name: str
    client_id: str
    since: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How long an account may be used, and how much."""

    ends_on: str
    days_left: int
    monthly_messages: str


def sign_in(frame: Frame, form: Form, *, login: str = "") -> str:
    """Ask for user name and password."""
    return _form("sign_in", frame, form, login=login)


def choose_password(frame: Frame, form: Form, *, login: str, first: bool, api_user: str) -> str:
    """Ask for a password of one's own; `api_user` is who gets the same one, or ""."""
    return _form("choose_password", frame, form, login=login, first=first, api_user=api_user)


def terms(frame: Frame, form: Form, *, account: Account, current: Terms) -> str:
    """Show the terms of service, and ask whether they are accepted."""
    published = _day(current.published_at, account, frame.language) if current.published_at else ""
    return _form(
        "terms",
        frame,
        form,
        account=account.name,
        terms=current,
        blocks=_blocks(current.text),
        published=published,
    )


def home(
    frame: Frame,
    *,
    account: Account,
    user: User,
    lists: Sequence[MailingList],
    server: str,
    operator_email: str,
    now: datetime,
) -> str:
    """Show how the account stands, and what a program wants to know of it."""
    standing = _standing(account, frame.language, now)
    return _render(
        "home",
        frame,
        account=account,
        user=user,
        state=account.state.name.lower(),
        standing=standing,
        ends_soon=standing is not None and 0 <= standing.days_left <= SOON_DAYS,
        lists=lists[:MOST_LISTS],
        count=len(lists),
        server=server,
        operator_email=operator_email,
    )


def applications(frame: Frame, rows: Sequence[Authorization], *, account: Account) -> str:
    """Show which applications may act for somebody."""
    shown = [
        Row(name=each.name, client_id=each.client_id, since=_day(each.granted_at, account, frame.language))
        for each in rows
    ]
    return _render("applications", frame, rows=shown)


def revoke(frame: Frame, form: Form, *, application: str, client_id: str) -> str:
    """Ask whether an application is to act no longer."""
    return _form("revoke", frame, form, application=application, client_id=client_id)


def password(frame: Frame, form: Form) -> str:
    """Ask for the present password and another one."""
    return _form("password", frame, form, login=frame.login)


def forgotten(frame: Frame, form: Form, *, login: str = "") -> str:
    """Ask who has forgotten their password."""
    return _form("forgotten", frame, form, login=login)


def forgotten_done(frame: Frame, *, login: str) -> str:
    """Say the same, whoever was named."""
    return _render("forgotten_done", frame, login=_strong(login))


def reset(frame: Frame, form: Form, *, login: str, token: str) -> str:
    """Ask for another password of who has opened the link in a mail."""
    return _form("reset", frame, form, login=login, token=token)


def problem(frame: Frame, problem: Problem) -> str:
    """Say why there is nothing to see here, and what to do."""
    return _render("problem", frame, key=problem.value)


def _form(name: str, frame: Frame, form: Form, **values: object) -> str:
    waits = {each.key: _words(each.wait, frame.language) for each in form.complaints}
    return _render(name, frame, form=form, waits=waits, **values)


def _render(name: str, frame: Frame, **values: object) -> str:
    return render(f"console/{name}.html", frame.language, frame=frame, languages=LANGUAGES, **values)


def _standing(account: Account, language: Language, now: datetime) -> Standing | None:
    """Return the bounds of an account's plan; None where there are none."""
    if account.expires_at is None and not account.plan.monthly_messages:
        return None
    seconds = (account.expires_at - now).total_seconds() if account.expires_at else -1
    most = account.plan.monthly_messages
    return Standing(
        ends_on=_day(account.expires_at, account, language) if account.expires_at else "",
        days_left=-int(-seconds // 86_400) if seconds >= 0 else -1,
        monthly_messages=format_decimal(most, locale=str(language)) if most else "",
    )


def _day(instant: datetime, account: Account, language: Language) -> str:
    there: date = instant.astimezone(ZoneInfo(account.time_zone)).date()
    return format_date(there, format="long", locale=str(language))


def _words(wait: timedelta, language: Language) -> str:
    return format_timedelta(wait, granularity="minute", threshold=100, locale=str(language))


def _blocks(text: str) -> list[tuple[bool, str]]:
    """Return the paragraphs of a text, and which of them are headings: the title, and what begins with `#`."""
    blocks = [each.strip() for each in text.replace("\r\n", "\n").split("\n\n") if each.strip()]
    return [
        ("\n" not in each and (each.startswith("#") or (not at and len(each) <= LONGEST_TITLE)), each.lstrip("# "))
        for at, each in enumerate(blocks)
    ]


def _strong(name: str) -> Markup:
    return Markup("<strong><bdi>{}</bdi></strong>").format(name)
