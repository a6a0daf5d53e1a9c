"""The pages that a sign-up by form ends on (contract 9.2): they show, and change nothing."""

from starlette.responses import Response
from starlette.types import Scope

from staffetta.accounts import Account, account_of_host
from staffetta.errors import NotFound
from staffetta.interfaces.clients import host_of
from staffetta.interfaces.parameters import Parameters, query_pairs, split_ids
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.answers import browser_language, page_for_other_sites
from staffetta.interfaces.public.pages import Sender
from staffetta.interfaces.public.visits import language_of, sender_of
from staffetta.kit.languages import DEFAULT, find_language
from staffetta.lists import MailingList, Page, UnknownList, get_list

LANDINGS = {str(each): each for each in (Page.PENDING, Page.SUBSCRIBED, Page.ALREADY, Page.INVALID, Page.ERROR)}


class UnknownLanding(NotFound):
    """There is no such page, or no account to show it for."""


async def landing_page(platform: Platform, name: str, scope: Scope) -> Response:
    """Show what came of a form, for the account whose host was asked.

    Raises:
        UnknownLanding: there is no such page.

    """
    kind = LANDINGS.get(name)
    if kind is None:
        raise UnknownLanding("there is no such page")
    account = await account_of_host(platform.database, host_of(scope))
    if account is None:
        # A form that was sent to a host of nobody's ends here as well.
        if kind != Page.ERROR:
            raise UnknownLanding("there is no account of this host")
        return page_for_other_sites(pages.landing(kind, sender=None, language=browser_language(scope) or DEFAULT))
    parameters = Parameters(query_pairs(scope))
    mailing_list = await _list(platform, account, parameters)
    language = find_language(parameters.first("lang")) or language_of(scope, mailing_list, account)
    sender = sender_of(mailing_list, language) if mailing_list else Sender(list_name=account.name)
    return page_for_other_sites(pages.landing(kind, sender=sender, language=language))


async def _list(platform: Platform, account: Account, parameters: Parameters) -> MailingList | None:
    ids = split_ids(parameters.get("list")).ids
    try:
        return await platform.database.read(account.id, get_list, ids[0]) if ids else None
    except UnknownList:
        return None
