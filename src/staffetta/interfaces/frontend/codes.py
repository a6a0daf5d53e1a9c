"""What the Xml pages answer (contract 9.3 to 9.6): a code, or a sentence for people."""

from enum import IntEnum
from typing import NamedTuple

from starlette.types import Send

from staffetta.accounts import Account, AddressNotRegistered, ReturnCodeWhenAbsent
from staffetta.errors import Refusal
from staffetta.interfaces.parameters import Parameters, is_true
from staffetta.kit.languages import Language, texts
from staffetta.lists import UnknownList
from staffetta.recipients import AlreadyUnsubscribed


class Code(IntEnum):
    """The codes of the Xml pages; what a number means depends on the page."""

    DONE = 0
    FAILED = 1
    MALFORMED = 2
    ALREADY = 3
    NOT_REGISTERED = -1011


class Outcome(NamedTuple):
    """What a page answers: its code, and whether a mail asks the person to confirm, which only a sentence tells."""

    code: int
    asks: bool = False


class MalformedAddress(Refusal):
    """The email address or the mobile number is malformed."""


# In this order: what is not named is a failure like any other.
REFUSALS: tuple[tuple[type[Refusal], Code], ...] = (
    (MalformedAddress, Code.MALFORMED),
    (AddressNotRegistered, Code.NOT_REGISTERED),
    (AlreadyUnsubscribed, Code.ALREADY),
    (UnknownList, Code.FAILED),
)

# A client takes the text `0` without a line break for a failure, others trim it (contract 9.1).
BODIES = {code: f"{code}\r\n".encode() for code in range(10)} | {-1011: b"-1011\r\n"}

HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"access-control-allow-origin", b"*"),
    (b"cache-control", b"no-store"),
]


def code_of(refusal: Refusal) -> Code:
    """Return the code that a refusal has on the Xml pages."""
    return next((code for family, code in REFUSALS if isinstance(refusal, family)), Code.FAILED)


def wants_sentence(account: Account | None, parameters: Parameters, accept: bytes) -> bool:
    """Tell whether xmlSubscribe answers a sentence instead of a number (contract 15.1)."""
    if "retcode" in parameters:
        return not is_true(parameters.first("retcode"), default=False)
    switch = account.options.retcode_absent if account else ReturnCodeWhenAbsent.AUTO
    if switch == ReturnCodeWhenAbsent.AUTO:
        return b"text/html" in accept
    return switch == ReturnCodeWhenAbsent.TEXT


def sentence(key: str, language: Language) -> bytes:
    """Return one of the sentences for people."""
    return texts("staffetta.interfaces.frontend", language)[key].encode()


async def answer(send: Send, body: bytes, *, closing: bool = False) -> None:
    """Send a page's body with status 200, as every business outcome is."""
    headers = [*HEADERS, (b"content-length", str(len(body)).encode())]
    if closing:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
