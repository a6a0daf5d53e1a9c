"""Whom the access token stands for: what most clients ask first, to see whether the connection works."""

from staffetta import __version__
from staffetta.interfaces.rest.calls import Call
from staffetta.interfaces.rest.endpoints import Endpoint
from staffetta.interfaces.rest.wire.account import AuthDetails, AuthInfo

# An account does not expire; clients compare this with today, some of them in 32 bits of seconds.
NEVER = "2037-12-31 00:00:00.000"


async def read_info(call: Call) -> AuthInfo:
    """Return the account and user of the call."""
    return AuthInfo(
        AccountName="",  # resellers have one
        Company=call.account.name,
        ExpiryDate=NEVER,
        IsTrial=False,
        UID=call.user.login,
        Url=call.base_url,
        Username=call.user.login,
        Version=__version__,
    )


async def read_details(call: Call) -> AuthDetails:
    """Return the account and user of the call with what the account has left; text messages are not sold here."""
    return AuthDetails(
        AutoRenewal=False,
        Company=call.account.name,
        CreditsByList=[],
        Email="",
        ExpiryDate=NEVER,
        IsTrial=False,
        Lang=call.account.language.upper(),
        Plan=0,
        TotalCredits=0,
        UID=call.user.login,
        Url=call.base_url,
        Username=call.user.login,
        Version=__version__,
    )


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        id="A1",
        method="GET",
        path="Console/Authentication/Info",
        summary="Read whom the access token stands for",
        handler=read_info,
        answer=AuthInfo,
    ),
    Endpoint(
        id="A2",
        method="GET",
        path="Console/Authentication/Details",
        summary="Read whom the access token stands for, with language and credits",
        handler=read_details,
        answer=AuthDetails,
        aliases=("POST Console/Authentication/Details",),
    ),
)
