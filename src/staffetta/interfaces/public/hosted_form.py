"""The sign-up form that the platform keeps for a list, for links and frames of other sites (contract 9.2).

It shows, and leaves the rest to subscribe.aspx. Forms of other sites that were made after the original's name this page
as their handler: what they send is led there, too.
"""

from urllib.parse import quote

from starlette.responses import Response
from starlette.types import Scope

from staffetta.accounts import Feature, require_feature
from staffetta.interfaces.parameters import Parameters, query_pairs, split_ids
from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.answers import own_page, page_for_other_sites, redirect
from staffetta.interfaces.public.landing import LANDINGS
from staffetta.interfaces.public.visits import account_asked, language_of, sender_of
from staffetta.kit.languages import find_language
from staffetta.lists import UnknownList, list_of

HOSTED_FORM = "/frontend/forms/subscription.aspx"
HANDLER = "/frontend/subscribe.aspx"
# What may stand in a query besides letters and digits (RFC 3986 §3.4).
QUERY_CHARACTERS = "%:/?@!$&()*+,;=-._~"


async def hosted_form(platform: Platform, scope: Scope) -> Response:
    """Show the form of the list that `idList` names, or lead on to where people are signed up.

    `idForm` and `guid` are passed over: a list has one form.

    Raises:
        NotFound: there is no such list, or no account that can show it.

    """
    parameters = Parameters(query_pairs(scope))
    ids = split_ids(parameters.get("list") or parameters.get("idlist")).ids
    if scope["method"] == "POST" or parameters.first("email").strip() or parameters.first("number").strip():
        return _lead_on(scope, parameters, ids)
    account = await account_asked(platform, scope)
    require_feature(account, Feature.FRONT_END)
    if not ids:
        raise UnknownList("no list is named")
    mailing_list = await list_of(platform.database, account.id, ids[0])
    language = find_language(parameters.first("lang")) or language_of(scope, mailing_list, account)
    html = pages.sign_up_form(
        action=HANDLER,
        hidden={"list": str(mailing_list.id), "lang": language.value, "source": HOSTED_FORM},
        sender=sender_of(mailing_list, language),
        language=language,
    )
    return page_for_other_sites(html, leads_to=[own_page(mailing_list, each) for each in LANDINGS.values()])


def _lead_on(scope: Scope, parameters: Parameters, list_ids: list[int]) -> Response:
    """Redirect with all that was sent: after 307 a browser sends the body again (RFC 9110 §15.4.8)."""
    query = quote(scope["query_string"], safe=QUERY_CHARACTERS)
    if list_ids and "list" not in parameters:
        query += f"&list={','.join(map(str, list_ids))}"
    answer = redirect(HANDLER + (f"?{query}" if query else ""), 307 if scope["method"] == "POST" else 302)
    # A script of another site follows a redirect only if it may read that, too (Fetch §4.4).
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
