"""The page behind the link that asks the owner of an address whether an account may send from it."""

from starlette.responses import Response
from starlette.types import Scope

from staffetta.interfaces.platform import Platform
from staffetta.interfaces.public import pages
from staffetta.interfaces.public.answers import browser_language, page
from staffetta.interfaces.public.pages import Form, Sender
from staffetta.interfaces.public.visits import only_looks, open_account
from staffetta.kit.clock import utc_now
from staffetta.senders import confirm_sender, get_sender
from staffetta.tracking import SenderToken, sender_link


async def verify_page(platform: Platform, scope: Scope, text: str) -> Response:
    """Trust the address, or ask for a second click where only a program looks.

    Raises:
        InvalidToken: the link is none of ours.
        UnknownAccount, AccountClosed: there is no account to send for.
        UnknownSender, SenderBlocked: there is no such address any more, or it was disabled.

    """
    token = platform.signer.read_sender(text)
    account = await open_account(platform, token.account_id)
    language = browser_language(scope) or account.language
    sender = Sender(list_name=account.name)
    if only_looks(scope):
        trusted = await platform.database.read(account.id, get_sender, token.sender_id)
        return page(pages.verify(form=_form(platform, token), email=trusted.email, sender=sender, language=language))
    trusted = await platform.database.write(account.id, confirm_sender, token.sender_id, now=utc_now())
    return page(pages.verified(email=trusted.email, sender=sender, language=language))


def _form(platform: Platform, token: SenderToken) -> Form:
    return Form(action=sender_link(platform.signer, "", token), token=platform.signer.sign_sender(token))
