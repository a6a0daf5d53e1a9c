"""A visit of a link in mail: whose link it is, where that person stands, and how to speak to them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from babel import Locale
from starlette.datastructures import Headers
from starlette.types import Scope

from staffetta.accounts import Account, account_of_host, account_of_id, require_open
from staffetta.campaigns import PREFETCH_HEADERS, looks_ahead, said_prefetch
from staffetta.errors import InvalidArgument, NotFound
from staffetta.interfaces.clients import client_address, host_of
from staffetta.interfaces.parameters import Parameters, split_ids
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public.answers import browser_language, own_page
from staffetta.interfaces.public.pages import FieldValue, Form, GroupChoice, Sender
from staffetta.kit.languages import Language
from staffetta.lists import MailingList, Page, UnknownList
from staffetta.recipients import Evidence, Source
from staffetta.recipients.preferences import Standing, Wishes, read_standing
from staffetta.tracking import PATHS, InvalidToken, Purpose, Token, link

# Counted up when what the pages say changes in substance: the ledger of consent names what a person has read.
TEXTS_VERSION = 1
LONGEST_PROOF = 300
# What names the sending beside one list.
OF_CAMPAIGNS = (Purpose.LEAVE, Purpose.PREFERENCES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a link in mail. `lists` are those of the link that still exist, at least one."""

    platform: Platform
    account: Account
    scope: Scope
    parameters: Parameters
    purpose: Purpose
    token: Token
    standing: Standing
    lists: Sequence[MailingList]
    language: Language
    # Of the campaign whose mail the link stands in; 0 if it is none of a campaign's.
    sending_id: int = 0

    @property
    def posts(self) -> bool:
        """Whether a form was sent."""
        return bool(self.scope["method"] == "POST")

    @property
    def only_looks(self) -> bool:
        """Whether a program looks ahead for a person: nothing may change."""
        return only_looks(self.scope)

    @property
    def sender(self) -> Sender:
        """Who writes to the person."""
        return sender_of(self.lists[0], self.language)

    @property
    def email(self) -> str:
        """The address that the person is reached at."""
        recipient = self.standing.profile.recipient
        return recipient.email or f"+{recipient.mobile}"

    @property
    def form(self) -> Form:
        """The form of the page, which leads back to it."""
        ids = [each.id for each in self.lists]
        return self.form_to(self.purpose, [*ids, self.sending_id] if self.purpose in OF_CAMPAIGNS else ids)

    @property
    def profile_url(self) -> str:
        """Where the person changes fields and groups."""
        return self.form_to(Purpose.PROFILE, [self.lists[0].id]).action

    @property
    def host(self) -> str:
        """The account's host, which mails are named after."""
        return self.account.host

    @property
    def base_url(self) -> str:
        """What links in mail begin with."""
        return self.platform.base_url(self.account, self.scope)

    def form_to(self, purpose: Purpose, list_ids: Sequence[int]) -> Form:
        """Return a form that the same person can send to another page, about some lists."""
        token = Token(self.token.account_id, self.token.recipient_id, tuple(list_ids))
        action = link(self.platform.signer, "", purpose, token)
        return Form(action=action, token=action.removeprefix(PATHS[purpose]))

    def own_page(self, name: Page) -> str:
        """Return the address of the page that the list has in place of ours, or ""."""
        return own_page(self.lists[0], name)

    def evidence(self, wording: str) -> Evidence:
        """Return the proof of what the person does now: where from, and on a page that said what."""
        agent = Headers(scope=self.scope).get("user-agent", "")
        return Evidence(
            source=Source.RECIPIENT,
            ip=client_address(self.scope, self.platform.trusted_proxies),
            user_agent="".join(filter(str.isprintable, agent))[:LONGEST_PROOF],
            wording=f"{wording}/{TEXTS_VERSION} {self.language}",
        )

    def fields(self) -> list[FieldValue]:
        """Return the fields that the person sees."""
        values = self.standing.profile.recipient.fields
        return [
            FieldValue(id=each.id, name=each.name, value=values.get(str(each.id), ""))
            for each in self.standing.fields_shown
        ]

    def groups(self, list_ids: Sequence[int]) -> list[GroupChoice]:
        """Return the groups of lists, those ticked that the person is in."""
        groups = (group for each in list_ids for group in self.standing.groups_offered(each))
        return [
            GroupChoice(id=each.id, name=each.name, checked=each.id in self.standing.profile.groups) for each in groups
        ]

    def wishes(self) -> Wishes:
        """Return what the person chose in the form.

        Raises:
            InvalidArgument: the form did not come whole, so what is not ticked in it says nothing.

        """
        if "token" not in self.parameters:
            raise InvalidArgument("the form is not complete")
        shown = (each.id for each in self.standing.fields_shown)
        return Wishes(
            lists=split_ids(self.parameters.get("list")).ids,
            groups=split_ids(self.parameters.get("group")).ids,
            fields={each: self.parameters.first(f"campo{each}") for each in shown if f"campo{each}" in self.parameters},
            followed=self.parameters.first("follow") == "1" if "asks_follow" in self.parameters else None,
        )


async def open_visit(
    platform: Platform, scope: Scope, parameters: Parameters, *, purposes: Sequence[Purpose], text: str
) -> Visit:
    """Read a link's token, of one of the purposes, and find whose it is; changes nothing.

    Raises:
        InvalidToken: it is none of ours.
        AccountClosed: the account is not active.
        UnknownAccount, UnknownList, UnknownRecipient: what it is about is gone.

    """
    purpose, token, sending_id = _read(platform, purposes, text)
    account = await open_account(platform, token.account_id)
    standing = await platform.database.read(account.id, read_standing, token.recipient_id, token.lists)
    lists = standing.lists_named(token.lists)
    if not lists:
        raise UnknownList("the list is gone")
    language = standing.profile.recipient.language or language_of(scope, lists[0], account)
    return Visit(
        platform=platform,
        account=account,
        scope=scope,
        parameters=parameters,
        purpose=purpose,
        token=token,
        standing=standing,
        lists=lists,
        language=language,
        sending_id=sending_id,
    )


def _read(platform: Platform, purposes: Sequence[Purpose], text: str) -> tuple[Purpose, Token, int]:
    """Return what a token says, and the sending that it names beside a list."""
    *others, last = purposes
    for purpose in others:
        with suppress(InvalidToken):
            return purpose, platform.signer.read(purpose, text), 0
    token = platform.signer.read(last, text)
    if last not in OF_CAMPAIGNS:
        return last, token, 0
    if len(token.lists) != 2:  # noqa: PLR2004 - a list and a sending
        raise InvalidToken("the link is not one of ours")
    list_id, sending_id = token.lists
    return last, Token(token.account_id, token.recipient_id, (list_id,)), sending_id


async def open_account(platform: Platform, account_id: int) -> Account:
    """Return the account that a link is of.

    Raises:
        UnknownAccount: it is gone.
        AccountClosed: it is not active.

    """
    account = await account_of_id(platform.database, account_id)
    require_open(account)
    return account


def only_looks(scope: Scope) -> bool:
    """Tell whether a program looks ahead for a person: nothing may change."""
    if scope["method"] == "POST":
        return False
    agent = Headers(scope=scope).get("user-agent", "")
    return scope["method"] == "HEAD" or is_prefetch(scope) or looks_ahead(agent.encode("latin-1"))


def is_prefetch(scope: Scope) -> bool:
    """Tell whether a program fetches the page before anybody asked for it."""
    return said_prefetch(b" ".join(value for name, value in scope["headers"] if name in PREFETCH_HEADERS))


async def account_asked(platform: Platform, scope: Scope) -> Account:
    """Return the account whose host was asked.

    Raises:
        NotFound: there is none.
        AccountClosed: it has no pages any more.

    """
    account = await account_of_host(platform.database, host_of(scope))
    if account is None:
        raise NotFound("there is no account of this host")
    require_open(account)
    return account


def language_of(scope: Scope, mailing_list: MailingList | None, account: Account) -> Language:
    """Return the language for somebody whose own is not known: the browser's, the list's, or the account's."""
    of_list = mailing_list.settings.language if mailing_list else None
    return browser_language(scope) or of_list or account.language


def sender_of(mailing_list: MailingList, language: Language) -> Sender:
    """Return who writes to the people of a list."""
    settings = mailing_list.settings
    code = settings.country_code.strip().upper()
    country = str(Locale(language.value).territories.get(code, code))
    place = f"{settings.postal_code} {settings.city}".strip()
    lines = (settings.address, place, settings.state_or_province, country)
    return Sender(
        list_name=mailing_list.name,
        company=settings.company_name,
        website=settings.web_site_url,
        address=", ".join(line.strip() for line in lines if line.strip()),
    )
