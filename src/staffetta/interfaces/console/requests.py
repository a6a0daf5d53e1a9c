"""Reading a request of the console: what came in the address, and what came by form."""

import re
from dataclasses import dataclass

from starlette.types import Receive, Scope

from staffetta.interfaces.parameters import Parameters, body_announced, form_pairs, query_pairs, read_body

# The longest form has two passwords and a ticket.
MOST_OCTETS = 65_536
# No login has as many characters; what a stranger types is kept for a while to count the tries.
LONGEST_LOGIN = 200
LONGEST_PATH = 2_000
# Pages of ours that are shown to people who are signed in, and the log-on of applications, where many come from.
LOCAL = re.compile(r"/(?:console|authorization)(?:[/?][!-\[\]-~]*)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Given:
    """What came with a request; only what came by form changes anything."""

    query: Parameters
    form: Parameters

    @property
    def login(self) -> str:
        """The login as it is kept, whatever blanks and letter case it was typed in."""
        return self.typed_login.lower()

    @property
    def typed_login(self) -> str:
        """The login as it is shown again."""
        return self.form.first("username").strip()[:LONGEST_LOGIN]

    @property
    def next(self) -> str:
        """Where to go on to afterwards: a path of ours, or ""."""
        path = self.form.first("next") or self.query.first("next")
        return path if len(path) <= LONGEST_PATH and LOCAL.fullmatch(path) else ""


async def read_given(scope: Scope, receive: Receive, *, body_octets: int) -> Given:
    """Read the parameters of query and form.

    Raises:
        InvalidArgument, BodyTooLarge, BodyTooSlow, Disconnected: as for the form pages.

    """
    query = Parameters(query_pairs(scope))
    if scope["method"] != "POST":
        return Given(query, Parameters())
    most = min(MOST_OCTETS, body_octets)
    content_type, announced = body_announced(scope, body_octets=most)
    body = await read_body(receive, body_octets=most) if announced else b""
    return Given(query, Parameters(form_pairs(content_type, body)))
