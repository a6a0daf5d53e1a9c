"""What Send, Manage and Report answer: code and description first, then what was asked for (contract 5.1).

The numbers are not published; those of signing in are Import's (contract 5.1 and 15.19).
"""

from collections.abc import Mapping

from staffetta.access import PasswordChangeRequired, PasswordExpired, UnknownKey, UnknownUser, WrongPassword
from staffetta.accounts import AccountClosed, FeatureNotInPlan, UnknownAccount
from staffetta.errors import Refusal, ResourceExhausted
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.web_credentials import (
    CLOSED,
    NO_CREDENTIALS,
    NOT_ENABLED,
    UNKNOWN_ACCOUNT,
    UNRECOGNIZED,
    WRONG_PASSWORD,
)
from staffetta.lists import UnknownList

DONE = 0
# Whatever has no number of its own, and what this server cannot do yet.
FAILED = -1
UNKNOWN_LIST = -100


class NotSignedIn(Refusal):
    """The call has no access key, or nothing to get one for."""


class NotYet(Refusal):
    """The server cannot do it yet; the text names what it is."""

    def __init__(self, what: str) -> None:
        super().__init__(f"Not available on this server yet: {what}")


CODES: Mapping[type[BaseException], int] = {
    UnknownList: UNKNOWN_LIST,
    UnknownAccount: UNKNOWN_ACCOUNT,
    UnknownUser: UNKNOWN_ACCOUNT,
    UnknownKey: NO_CREDENTIALS,
    NotSignedIn: NO_CREDENTIALS,
    WrongPassword: WRONG_PASSWORD,
    PasswordExpired: WRONG_PASSWORD,
    PasswordChangeRequired: WRONG_PASSWORD,
    FeatureNotInPlan: NOT_ENABLED,
    # Contract 15.20: a limit that is reached.
    ResourceExhausted: UNRECOGNIZED,
}
# As the published samples have them; the others are called after the operation.
ROOTS = {
    **{
        name: name
        for name in (
            "CreateList",
            "CreateList_st",
            "GetFields",
            "GetFields_st",
            "GetListIdentity",
            "GetListIdentity_st",
        )
    },
    "CreateGroup": "CreateGroupsResult",
}
# Their clients look for this child to tell a failure (contract 5.4).
WITH_ERROR = ("GetFields", "GetFields_st")

# Its published samples spell both elements without an r (contract 5.1): who copied them finds what they look for.
MISSPELT = ("GetNewsletterDeliveryStatus",)


def success(operation: str, payload: str = "") -> str:
    """Return the answer to a call that went well."""
    return _answer(operation, DONE, "", payload)


def failure(operation: str, refusal: Refusal) -> str:
    """Return the answer to a call that was refused."""
    reason = str(refusal)
    error = element("Error", text(reason)) if operation in WITH_ERROR else ""
    return _answer(operation, code_of(refusal), reason, error)


def code_of(refusal: Refusal) -> int:
    """Return the number that a refusal goes by."""
    if isinstance(refusal, AccountClosed):
        return CLOSED[refusal.state]
    return next((CODES[each] for each in type(refusal).__mro__ if each in CODES), FAILED)


def _answer(operation: str, code: int, description: str, payload: str) -> str:
    head = element("errorCode", text(code)) + element("errorDescription", text(description))
    if operation in MISSPELT:
        head += element("erroCode", text(code)) + element("erroDescription", text(description))
    return element(ROOTS.get(operation, f"{operation}Result"), head, payload)
