"""The page behind an unsubscribe link: what it does depends on the list's opt-out type (contract 10.3)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

from starlette.responses import Response

from staffetta.campaigns import leave, save_preferences
from staffetta.interfaces.parameters import is_true, split_ids
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.answers import page, redirect
from staffetta.interfaces.public.pages import Choice, ListChoice
from staffetta.interfaces.public.visits import Visit
from staffetta.kit.clock import utc_now
from staffetta.lists import MailingList, OptoutType, Page
from staffetta.recipients import Cause
from staffetta.recipients.preferences import resubscribe
from staffetta.tracking import Purpose


async def unsubscribe_page(visit: Visit) -> Response:
    """Answer an unsubscribe link, or a mail program's one click on the header of the same mail."""
    # RFC 8058 §3.1: the value of List-Unsubscribe-Post comes as the body, and acts without asking.
    if visit.posts and visit.parameters.first("list-unsubscribe").lower() == "one-click":
        return await _one_click(visit)
    if visit.posts and is_true(visit.parameters.first("resubscribe"), default=False):
        return await _way_back(visit)
    return await ANSWERS[visit.lists[0].settings.optout_type](visit)


def left_page(visit: Visit, lists: Sequence[MailingList], *, left: Sequence[MailingList] = ()) -> Response:
    """Say that a person is off lists, of which they have `left` some now, and offer the way back to those.

    It is open to who left by a link only: a bounce or a complaint is not undone by a button.
    """
    back = [each.id for each in lists if each in left or visit.standing.left_by_link(each.id)]
    form = visit.form_to(Purpose.UNSUBSCRIBE, back) if back else None
    html = pages.unsubscribed(
        list_names=[each.name for each in lists],
        sender=visit.sender,
        language=visit.language,
        profile_url=visit.profile_url,
        resubscribe=replace(form, action=f"{form.action}?resubscribe=1") if form else None,
    )
    return page(html)


async def _one_click(visit: Visit) -> Response:
    await _unsubscribe(visit, visit.lists, cause=Cause.LIST_UNSUBSCRIBE, wording="one-click")
    names = [each.name for each in visit.lists]
    return page(pages.unsubscribed(list_names=names, sender=visit.sender, language=visit.language))


async def _way_back(visit: Visit) -> Response:
    received = await visit.platform.database.write(
        visit.account.id,
        resubscribe,
        visit.token.recipient_id,
        [each.id for each in visit.lists],
        evidence=visit.evidence("resubscribe"),
        now=utc_now(),
    )
    names = [each.name for each in received or visit.lists]
    answer = pages.confirmed if received else pages.unsubscribed
    html = answer(list_names=names, sender=visit.sender, language=visit.language, profile_url=visit.profile_url)
    return page(html)


async def _at_once(visit: Visit) -> Response:
    if visit.only_looks:
        return _button(visit)
    return await _leave(visit, visit.lists, wording="unsubscribe")


async def _by_button(visit: Visit) -> Response:
    if visit.posts:
        return await _leave(visit, visit.lists, wording="unsubscribe-button")
    return _gone(visit, visit.lists) or _button(visit)


def _button(visit: Visit) -> Response:
    html = pages.unsubscribe_button(form=visit.form, email=visit.email, sender=visit.sender, language=visit.language)
    return page(html, leads_to=visit.own_page(Page.UNSUBSCRIBED))


async def _by_choice_of_lists(visit: Visit) -> Response:
    also = split_ids(visit.lists[0].settings.multi_optout_list).ids
    on = visit.standing.lists_on
    others = [each for each in visit.standing.lists_named(also) if each in on and each not in visit.lists]
    offered = [*visit.lists, *others]
    chosen = split_ids(visit.parameters.get("list")).ids if visit.posts else []
    leaving = [each for each in offered if each.id in chosen]
    if leaving:
        return await _leave(visit, leaving, wording="unsubscribe-choice")
    html = pages.unsubscribe_choice(
        form=visit.form,
        email=visit.email,
        lists=[ListChoice(id=each.id, name=each.name, checked=each in visit.lists) for each in offered],
        sender=visit.sender,
        language=visit.language,
        nothing_chosen=visit.posts,
    )
    return _gone(visit, offered) or page(html, leads_to=visit.own_page(Page.UNSUBSCRIBED))


async def _by_options(visit: Visit) -> Response:
    choice = visit.parameters.first("choice") if visit.posts else ""
    match choice:
        case Choice.THIS:
            return await _leave(visit, visit.lists, wording="unsubscribe-options")
        case Choice.ALL:
            return await _leave_all(visit, wording="unsubscribe-options")
        case Choice.PROFILE:
            return redirect(visit.profile_url, 303)
        case Choice.STAY:
            return _unchanged(visit)
    html = pages.unsubscribe_options(form=visit.form, email=visit.email, sender=visit.sender, language=visit.language)
    return _gone(visit, visit.lists) or page(html, leads_to=visit.own_page(Page.UNSUBSCRIBED))


def _unchanged(visit: Visit) -> Response:
    names = [each.name for each in visit.lists]
    html = pages.unchanged(
        list_names=names, sender=visit.sender, language=visit.language, profile_url=visit.profile_url
    )
    return page(html)


async def _by_preferences(visit: Visit) -> Response:
    if not visit.posts:
        return _preference_centre(visit)
    if visit.parameters.first("choice") == Choice.ALL:
        return await _leave_all(visit, wording="preferences")
    granted = await visit.platform.database.write(
        visit.account.id,
        save_preferences,
        visit.token.recipient_id,
        visit.wishes(),
        sending_id=visit.sending_id,
        base_url=visit.base_url,
        host=visit.host,
        evidence=visit.evidence("preferences"),
        now=utc_now(),
    )
    visit.platform.wake_sender()
    if not granted.received:
        return _off(visit, granted.left or visit.lists, left=granted.left)
    return page(pages.profile_saved(sender=visit.sender, language=visit.language, profile_url=visit.profile_url))


def _preference_centre(visit: Visit) -> Response:
    received = visit.standing.lists_received
    html = pages.preference_centre(
        form=visit.form,
        email=visit.email,
        lists=[
            ListChoice(
                id=each.id,
                name=each.name,
                checked=each in received,
                description=each.settings.description,
                groups=visit.groups([each.id]),
            )
            for each in visit.standing.offered
        ],
        fields=visit.fields(),
        followed=visit.standing.followed,
        sender=visit.sender,
        language=visit.language,
    )
    return page(html, leads_to=visit.own_page(Page.UNSUBSCRIBED))


async def _leave_all(visit: Visit, *, wording: str) -> Response:
    return await _leave(visit, visit.standing.lists_on or visit.lists, wording=wording)


async def _leave(visit: Visit, lists: Sequence[MailingList], *, wording: str) -> Response:
    left = await _unsubscribe(visit, lists, cause=Cause.LINK, wording=wording)
    return _off(visit, lists, left=left)


async def _unsubscribe(
    visit: Visit, lists: Sequence[MailingList], *, cause: Cause, wording: str
) -> Sequence[MailingList]:
    left = await visit.platform.database.write(
        visit.account.id,
        leave,
        visit.token.recipient_id,
        tuple(each.id for each in lists),
        sending_id=visit.sending_id,
        base_url=visit.base_url,
        host=visit.host,
        cause=cause,
        evidence=visit.evidence(wording),
        now=utc_now(),
    )
    visit.platform.wake_sender()
    return left


def _gone(visit: Visit, lists: Sequence[MailingList]) -> Response | None:
    """Answer somebody who opens the link again after leaving; None while there is something to leave."""
    on = visit.standing.lists_on
    return None if visit.posts or any(each in on for each in lists) else _off(visit, lists)


def _off(visit: Visit, lists: Sequence[MailingList], *, left: Sequence[MailingList] = ()) -> Response:
    external = visit.own_page(Page.UNSUBSCRIBED)
    return redirect(external) if external else left_page(visit, lists, left=left)


ANSWERS: Mapping[OptoutType, Callable[[Visit], Awaitable[Response]]] = {
    OptoutType.ONE_CLICK: _at_once,
    OptoutType.CONFIRMED: _by_button,
    OptoutType.CHOICE_OF_LISTS: _by_choice_of_lists,
    OptoutType.OPTIONS: _by_options,
    OptoutType.PREFERENCE_CENTRE: _by_preferences,
}
