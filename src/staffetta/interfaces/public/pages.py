"""The pages that a subscriber sees: one function each, from what it shows to its HTML.

Every form posts to the `action` of its `Form` and carries its `token`; the names of its fields are `list` (ids),
`group` (ids), `campo<N>`, `choice` (one of `Choice`), and `follow` (1), for which `asks_follow` says that it was there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from babel.dates import format_date
from babel.lists import format_list
from markupsafe import Markup

from staffetta.interfaces.pages import render
from staffetta.kit.languages import Language
from staffetta.lists.model import Page

# WCAG 2.2, 1.3.5: what a field is for is told to browsers, which know only its name. The names are those that new
# accounts start with, in Italian and in English.
PURPOSES = {
    **dict.fromkeys(("nome", "first name", "firstname", "name"), "given-name"),
    **dict.fromkeys(("cognome", "last name", "lastname", "surname"), "family-name"),
    **dict.fromkeys(("azienda", "company"), "organization"),
    **dict.fromkeys(("città", "city"), "address-level2"),
    **dict.fromkeys(("provincia", "province", "regione", "region", "state"), "address-level1"),
    **dict.fromkeys(("cap", "zip", "zip code", "postal code"), "postal-code"),
    **dict.fromkeys(("paese", "country"), "country-name"),
    **dict.fromkeys(("indirizzo", "address"), "street-address"),
    **dict.fromkeys(("telefono", "phone"), "tel"),
}


class Choice(StrEnum):
    """What a person asks for by the field `choice`."""

    THIS = "this"
    ALL = "all"
    PROFILE = "profile"
    STAY = "stay"


class Problem(StrEnum):
    """Why a page cannot be shown."""

    LINK_INVALID = "link_invalid"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who writes to the person: shown on every page."""

    list_name: str
    company: str = ""
    website: str = ""
    address: str = ""

    @property
    def name(self) -> str:
        """The name that a person knows the sender by."""
        return self.company or self.list_name

    @property
    def link(self) -> str:
        """The website if it is one: an owner's setting is not to become a link of another kind."""
        return self.website if self.website.lower().startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Where a form posts to, and the signed token it carries."""

    action: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChoice:
    """A group as a check box."""

    id: int
    name: str
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChoice:
    """A list as a check box, with those of its groups."""

    id: int
    name: str
    checked: bool
    description: str = ""
    groups: Sequence[GroupChoice] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldValue:
    """A personal data field as a text input."""

    id: int
    name: str
    value: str

    @property
    def purpose(self) -> str:
        """The field's purpose as HTML's `autocomplete` spells it, or nothing."""
        return PURPOSES.get(self.name.strip().lower(), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A message in the archive, or a list that has one; a message has the day that it is of."""

    title: str
    url: str
    on: datetime | None = None


def library(issues: Sequence[Issue], *, sender: Sender, language: Language) -> str:
    """Show what can be read online: lists, or the messages of one."""
    shown = [
        {
            "title": each.title,
            "url": each.url,
            "day": format_date(each.on, "long", locale=str(language)) if each.on else "",
        }
        for each in issues
    ]
    return render("public/library.html", language, issues=shown, sender=sender)


def sign_up_form(*, action: str, hidden: Mapping[str, str], sender: Sender, language: Language) -> str:
    """Ask for an address, in `email`, to be posted to `action` together with what is hidden."""
    lists = _names([sender.list_name], language)
    return render("public/form.html", language, action=action, hidden=hidden, lists=lists, sender=sender)


def landing(page: Page, *, sender: Sender | None, language: Language) -> str:
    """What came of a form that was sent in; only what went wrong can be told without knowing for whom."""
    return _result(page, sender=sender, language=language, lists=[sender.list_name] if sender else [])


def confirm(*, form: Form, list_names: Sequence[str], sender: Sender, language: Language) -> str:
    """Ask for a second click before subscribing."""
    lists = _names(list_names, language)
    return _button("confirm", form=form, sender=sender, language=language, lists=lists)


def confirmed(*, list_names: Sequence[str], sender: Sender, language: Language, profile_url: str = "") -> str:
    """Thank for the confirmation, and offer the way to the profile."""
    return _result(Page.CONFIRMED, sender=sender, language=language, lists=list_names, profile_url=profile_url)


def unsubscribe_button(*, form: Form, email: str, sender: Sender, language: Language) -> str:
    """Ask for a second click before unsubscribing (opt-out type 1)."""
    lists = _names([sender.list_name], language)
    return _button("unsubscribe", form=form, sender=sender, language=language, lists=lists, email=email)


def unsubscribe_choice(
    *,
    form: Form,
    email: str,
    lists: Sequence[ListChoice],
    sender: Sender,
    language: Language,
    nothing_chosen: bool = False,
) -> str:
    """Ask which lists to leave (opt-out type 2): those that are ticked in `list`."""
    return render(
        "public/choice.html",
        language,
        form=form,
        sender=sender,
        email=_quiet(email),
        lists=lists,
        nothing_chosen=nothing_chosen,
    )


def unsubscribe_options(*, form: Form, email: str, sender: Sender, language: Language) -> str:
    """Ask what to do (opt-out type 3): one `Choice` in `choice`."""
    values = {"list": _strong(sender.list_name), "sender": _strong(sender.name), "email": _quiet(email)}
    return render(
        "public/options.html",
        language,
        form=form,
        sender=sender,
        choices=list(Choice),
        chosen=Choice.THIS,
        names=values,
    )


def preference_centre(
    *,
    form: Form,
    email: str,
    lists: Sequence[ListChoice],
    fields: Sequence[FieldValue],
    followed: bool,
    sender: Sender,
    language: Language,
) -> str:
    """Show all that can be chosen (opt-out type 4).

    Ticked in `list` is what the person wants to receive; its second button sends `choice=all`: to leave every list.
    """
    return render(
        "public/preferences.html",
        language,
        form=form,
        sender=sender,
        name=_strong(sender.name),
        email=_quiet(email),
        lists=lists,
        fields=fields,
        followed=followed,
    )


def unsubscribed(
    *,
    list_names: Sequence[str],
    sender: Sender,
    language: Language,
    profile_url: str = "",
    resubscribe: Form | None = None,
) -> str:
    """Say what was left, and offer a way back."""
    return _result(
        Page.UNSUBSCRIBED,
        sender=sender,
        language=language,
        lists=list_names,
        profile_url=profile_url,
        resubscribe=resubscribe,
    )


def unchanged(*, list_names: Sequence[str], sender: Sender, language: Language, profile_url: str = "") -> str:
    """Say that nothing was changed, to someone who chose to stay."""
    return _result("unchanged", sender=sender, language=language, lists=list_names, profile_url=profile_url)


def profile(
    *,
    form: Form,
    email: str,
    fields: Sequence[FieldValue],
    groups: Sequence[GroupChoice],
    followed: bool,
    sender: Sender,
    language: Language,
) -> str:
    """Show a person's data and groups to be changed, and whether it may be recorded what they open and follow."""
    return render(
        "public/profile.html",
        language,
        form=form,
        sender=sender,
        name=_strong(sender.name),
        email=email,
        fields=fields,
        groups=groups,
        followed=followed,
    )


def profile_saved(*, sender: Sender, language: Language, profile_url: str = "") -> str:
    """Say that the profile is changed."""
    return _result("profile_saved", sender=sender, language=language, profile_url=profile_url)


def verify(*, form: Form, email: str, sender: Sender, language: Language) -> str:
    """Ask the owner of an address for a second click before it may be sent from."""
    return _button("verify", form=form, sender=sender, language=language, email=email)


def verified(*, email: str, sender: Sender, language: Language) -> str:
    """Say that an address may be sent from."""
    return _result("verified", sender=sender, language=language, email=email)


def problem(problem: Problem, *, language: Language, sender: Sender | None = None) -> str:
    """Say why there is nothing to see."""
    return _result(problem, sender=sender, language=language)


def _button(
    key: str, *, form: Form, sender: Sender, language: Language, lists: Markup | str = "", email: str = ""
) -> str:
    return render(
        "public/button.html",
        language,
        key=key,
        form=form,
        sender=sender,
        name=_strong(sender.name),
        lists=lists,
        email=_quiet(email),
    )


def _result(
    key: str,
    *,
    sender: Sender | None,
    language: Language,
    lists: Sequence[str] = (),
    email: str = "",
    profile_url: str = "",
    resubscribe: Form | None = None,
) -> str:
    return render(
        "public/result.html",
        language,
        key=str(key),
        sender=sender,
        name=_strong(sender.name) if sender else "",
        email=_quiet(email),
        lists=_names(lists, language),
        profile_url=profile_url,
        resubscribe=resubscribe,
    )


def _names(names: Sequence[str], language: Language) -> Markup:
    joined = format_list([str(_strong(name)) for name in names], locale=str(language))
    return Markup(joined)  # noqa: S704 - each name was escaped, the words between come from CLDR


def _strong(name: str) -> Markup:
    return Markup("<strong><bdi>{}</bdi></strong>").format(name)


def _quiet(email: str) -> Markup:
    return Markup('<bdi class="email">{}</bdi>').format(email)
