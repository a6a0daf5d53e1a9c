"""Signing in and out of Send, Manage and Report, and whose access key a call brings (contract 2.6 and 5.2)."""

from collections.abc import Awaitable, Callable
from functools import wraps

from staffetta.access import User, end_key, issue_key
from staffetta.accounts import Feature, UnknownAccount, account_of_host, account_of_id, host_only, require_feature
from staffetta.errors import Refusal
from staffetta.interfaces.policy import Family
from staffetta.interfaces.soap.answers import FAILED, NotSignedIn, NotYet, failure, success
from staffetta.interfaces.soap.calls import Call
from staffetta.interfaces.soap.declaring import operation
from staffetta.interfaces.soap.inner import element, text
from staffetta.interfaces.soap.user_numbers import user_number
from staffetta.kit.clock import utc_now

Handler = Callable[[Call], Awaitable[str]]


def _own_name(call: Call) -> str:
    return call.operation


def keyed(handler: Callable[[Call, User], Awaitable[str]], *, counted_as: Callable[[Call], str] = _own_name) -> Handler:
    """Return a handler of calls with an access key, from one that returns what stands after code and description.

    `counted_as` names the method by which the API use policy counts a call.
    """

    async def with_user(call: Call) -> str:
        return await handler(call, await _user_of(call, counted_as(call)))

    return answered(with_user)


def numbered(handler: Callable[[Call, User], Awaitable[int]]) -> Callable[[Call], Awaitable[int]]:
    """Return a handler of calls with an access key that answer a number: -1 for whatever is refused."""

    async def with_user(call: Call) -> int:
        try:
            return await handler(call, await _user_of(call, call.operation))
        except Refusal:
            return FAILED

    return with_user


def pending(what: str) -> Handler:
    """Return a handler that says to whoever has an access key that `what` is not there yet.

    The API use policy does not count it: the quota of a day is for what was sent.
    """

    async def refuse(call: Call) -> str:
        await _holder_of_key(call)
        raise NotYet(what)

    return answered(refuse)


def answered(handler: Handler) -> Handler:
    """Return a handler that answers with code and description first, and a refusal likewise."""

    @wraps(handler)
    async def answer(call: Call) -> str:
        try:
            return success(call.operation, await handler(call))
        except Refusal as refusal:
            return failure(call.operation, refusal)

    return answer


async def _user_of(call: Call, method: str) -> User:
    user = await _holder_of_key(call)
    await _admit(call, user, method)
    return user


async def _holder_of_key(call: Call) -> User:
    return await call.web_credentials.user_of_key(call.text("accessKey").strip())


async def _admit(call: Call, user: User, method: str) -> None:
    await call.platform.policy.admit(user.account_id, Family.SOAP, method)


async def log_in_by_id(call: Call) -> str:
    """Return an access key to whoever gives a password of the account of this number."""
    return await _sign_in(call, call.number("consoleId"))


async def log_in_by_host(call: Call) -> str:
    """Return an access key to whoever gives a password of the account of a console host; deprecated."""
    url = call.text("url").strip()
    if "/" in url:
        raise UnknownAccount("url: the console host alone, such as abcd.example.com, without http:// and path")
    account = await account_of_host(call.platform.database, host_only(url)) if url else None
    if account is None:
        raise UnknownAccount("url: no account has this console host")
    return await _sign_in(call, account.id)


async def _sign_in(call: Call, account_id: int) -> str:
    login, password = call.text("user").strip(), call.text("pwd")
    if not login or not password:
        raise NotSignedIn("user and pwd: both are needed to sign in")
    user = await call.web_credentials.authenticate(login, password, account_id=account_id, ip=call.ip)
    require_feature(await account_of_id(call.platform.database, account_id), Feature.SOAP)
    await _admit(call, user, call.operation)
    key = await call.platform.database.write_across(issue_key, user, now=utc_now())
    return element("accessKey", text(key))


async def log_out(call: Call) -> str:
    """End the access key at once."""
    await _user_of(call, call.operation)
    await call.platform.database.write_across(end_key, call.text("accessKey").strip())
    return ""


async def get_id_user(_call: Call, user: User) -> str:
    """Return the number of who holds the key."""
    return element("idUser", text(user_number(user.login)))


SESSIONS = (
    operation("Login", answered(log_in_by_host), "user, pwd, url"),
    operation("LoginFromId", answered(log_in_by_id), "user, pwd, consoleId int"),
    operation("Logout", answered(log_out), "accessKey"),
)
