"""What an application asks when it sends a person to log on, held against what is known of the application."""

import hashlib
from urllib.parse import urlencode

import msgspec

from staffetta.access import Application, accepts_redirect
from staffetta.db import Database
from staffetta.errors import InvalidArgument
from staffetta.interfaces.oauth import grants
from staffetta.interfaces.oauth.redirects import WrongRedirect, destination_of, read_redirect_uri
from staffetta.interfaces.oauth.requests import Given
from staffetta.kit.languages import find_language

PATH = "/Authorization/OAuth/LogOn"


class WrongResponseType(InvalidArgument):
    """Something else than a code is asked for; `inquiry` is the rest of the request, which is sound."""

    def __init__(self, inquiry: "Inquiry") -> None:
        super().__init__("response_type is code")
        self.inquiry = inquiry


class Inquiry(msgspec.Struct, frozen=True, kw_only=True):
    """An application that may ask, and where it wants its answer."""

    application: Application
    redirect_uri: str
    state: str
    language: str

    @property
    def digest(self) -> bytes:
        """What ties a form to this inquiry."""
        words = [self.application.client_id, self.redirect_uri, self.state]
        return hashlib.sha256(msgspec.json.encode(words)).digest()

    @property
    def action(self) -> str:
        """Where the forms post to: an address that asks the same, without the secret that clients put in theirs."""
        asked = {
            "client_id": self.application.client_id,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "lang": self.language,
        }
        return f"{PATH}?{urlencode({name: value for name, value in asked.items() if value})}"

    @property
    def destination(self) -> str:
        """What a person knows the place by that the answer goes to."""
        return destination_of(self.redirect_uri)

    @property
    def is_registered(self) -> bool:
        """Whether the address is one that the operator has entered: only there are people sent without being asked."""
        return bool(self.application.redirect_uris)


async def read_inquiry(database: Database, given: Given) -> Inquiry:
    """Read what an application asks; `scope` is ignored, and the secret is not needed here.

    Raises:
        UnknownApplication, ApplicationBlocked: nobody may log on for it.
        WrongRedirect: the answer is not to go there.
        WrongResponseType: it asks for something else than a code.

    """
    client_id = given.first("client_id").strip()
    application = await database.read_across(grants.find_application, client_id)
    inquiry = Inquiry(
        application=application,
        redirect_uri=_redirect_uri(application, given.first("redirect_uri")),
        state=given.first("state"),
        language=str(find_language(given.first("lang")) or ""),
    )
    if given.first("response_type").strip().lower() not in ("", "code"):
        raise WrongResponseType(inquiry)
    return inquiry


def _redirect_uri(application: Application, text: str) -> str:
    if not text.strip() and len(application.redirect_uris) == 1:
        return application.redirect_uris[0]
    uri = read_redirect_uri(text)
    if not accepts_redirect(application, uri):
        raise WrongRedirect("redirect_uri is not one of the application's")
    return uri
