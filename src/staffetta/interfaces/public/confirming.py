"""The page behind the link of a confirmation request: it confirms at once, or by a button (contract 10.1)."""

from starlette.responses import Response

from staffetta.interfaces.public import pages
from staffetta.interfaces.public.answers import page, redirect
from staffetta.interfaces.public.unsubscribing import left_page
from staffetta.interfaces.public.visits import Visit
from staffetta.kit.clock import utc_now
from staffetta.lists import Page
from staffetta.recipients import confirm


async def confirm_page(visit: Visit) -> Response:
    """Confirm, or ask for a second click where the list wants one or only a program looks."""
    asks = visit.lists[0].settings.confirm_by_button and not visit.posts
    if visit.only_looks or asks:
        return _button(visit)
    on = visit.standing.lists_on
    lists = [each for each in visit.lists if each in on]
    if not lists:
        # Who has left meanwhile is not brought back by an old link, and must not be told that they were.
        return left_page(visit, visit.lists)
    await visit.platform.database.write(
        visit.account.id,
        confirm,
        visit.token.recipient_id,
        visit.token.lists,
        base_url=visit.base_url,
        host=visit.host,
        evidence=visit.evidence("confirm"),
        now=utc_now(),
    )
    visit.platform.wake_sender()
    external = visit.own_page(Page.CONFIRMED)
    if external:
        return redirect(external)
    html = pages.confirmed(
        list_names=[each.name for each in lists],
        sender=visit.sender,
        language=visit.language,
        profile_url=visit.profile_url,
    )
    return page(html)


def _button(visit: Visit) -> Response:
    names = [each.name for each in visit.lists]
    html = pages.confirm(form=visit.form, list_names=names, sender=visit.sender, language=visit.language)
    return page(html, leads_to=visit.own_page(Page.CONFIRMED))
