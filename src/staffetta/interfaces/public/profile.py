"""The page where a person corrects what is known of them: fields and groups, never where they stand."""

from starlette.responses import Response

from staffetta.campaigns import save_profile
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.answers import page
from staffetta.interfaces.public.visits import Visit
from staffetta.kit.clock import utc_now


async def profile_page(visit: Visit) -> Response:
    """Show the profile, or save what was changed in it."""
    list_ids = tuple(each.id for each in visit.lists)
    if visit.posts:
        await visit.platform.database.write(
            visit.account.id, save_profile, visit.token.recipient_id, list_ids, visit.wishes(), now=utc_now()
        )
        return page(pages.profile_saved(sender=visit.sender, language=visit.language, profile_url=visit.form.action))
    html = pages.profile(
        form=visit.form,
        email=visit.email,
        fields=visit.fields(),
        groups=visit.groups(list_ids),
        followed=visit.standing.followed,
        sender=visit.sender,
        language=visit.language,
    )
    return page(html)
