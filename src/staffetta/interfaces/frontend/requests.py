"""Reading the parameters of the form pages into what operations take."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec
from starlette.types import Scope

from staffetta.accounts import Account
from staffetta.errors import InvalidArgument
from staffetta.interfaces.frontend.codes import MalformedAddress
from staffetta.interfaces.parameters import Parameters, split_ids
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.languages import Language, find_language
from staffetta.kit.phones import MobileNumber
from staffetta.recipients import Evidence, Source

LONGEST_NAME = 200
LONGEST_PROOF = 300


class Call(msgspec.Struct, frozen=True):
    """One call of a form page: whose account, with which parameters, from where."""

    account: Account
    parameters: Parameters
    scope: Scope
    ip: str
    base_url: str

    def header(self, name: bytes) -> str:
        """Return a header of the request, or ""."""
        for key, value in self.scope["headers"]:
            if key == name:
                return str(value, "latin-1")
        return ""

    def evidence(self, source: Source) -> Evidence:
        """Return the proof of consent that this call gives: where it came from, and on which form."""
        referer = self.header(b"referer")
        form = _without_query(referer[:LONGEST_PROOF]) if referer else ""
        label = self.parameters.first("source")[:LONGEST_NAME]
        page = self.scope["path"].rpartition("/")[2]
        return Evidence(
            source=source,
            ip=self.ip,
            user_agent=_printable(self.header(b"user-agent"))[:LONGEST_PROOF],
            wording=_printable(" ".join(filter(None, (page, form, label))))[:LONGEST_PROOF],
        )


def _without_query(referer: str) -> str:
    """Return a page's address without what may be personal in it, or "" if it is none."""
    try:
        parts = urlsplit(referer)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else ""


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(character for character in text if character.isprintable())


def read_lists(parameters: Parameters) -> tuple[int, ...]:
    """Return the lists that are named.

    Raises:
        InvalidArgument: none, or something that is no list's number.

    """
    ids, invalid = split_ids(parameters.get("list"))
    if invalid or not ids:
        raise InvalidArgument("list: one or more list numbers, separated by comma")
    return tuple(ids)


def read_groups(parameters: Parameters) -> tuple[int, ...]:
    """Return the groups that are named; what is no number is passed over as unknown groups are."""
    return tuple(split_ids(parameters.get("group")).ids)


def read_email(parameters: Parameters) -> EmailAddress | None:
    """Return the address given, None where there is none; raises MalformedAddress."""
    text = parameters.first("email").strip()
    try:
        return EmailAddress.parse(text) if text else None
    except InvalidArgument as error:
        raise MalformedAddress(str(error)) from error


def read_mobile(parameters: Parameters, name: str, *, default_prefix: str) -> MobileNumber | None:
    """Return the number given, None where there is none; raises MalformedAddress."""
    text = parameters.first(name)
    try:
        return (
            MobileNumber.parse(text, prefix=parameters.first("prefix"), default_prefix=default_prefix)
            if text.strip()
            else None
        )
    except InvalidArgument as error:
        raise MalformedAddress(str(error)) from error


def read_csv_fields(parameters: Parameters) -> dict[int, str]:
    """Return the values of `csvFldNames` and `csvFldValues` by field number.

    Raises:
        InvalidArgument: there are more names than values, or the reverse.

    """
    names_text, values_text = parameters.first("csvfldnames"), parameters.first("csvfldvalues")
    if not names_text.strip() and not values_text.strip():
        return {}
    names, values = names_text.split(";"), values_text.split(";")
    if len(names) != len(values):
        raise InvalidArgument("csvFldNames and csvFldValues differ in number")
    return _numbered(dict(zip(names, values, strict=True)))


def read_form_fields(parameters: Parameters) -> dict[int, str]:
    """Return the values of `campo1`, `campo2`, … by field number."""
    return _numbered({name: parameters.get(name) for name in parameters if name.startswith("campo")})


def _numbered(values: Mapping[str, str]) -> dict[int, str]:
    """Fields are called `campo1`, `Campo1` or `1`; what is not called so is passed over."""
    numbered: dict[int, str] = {}
    for name, value in values.items():
        digits = name.strip().lower().removeprefix("campo")
        if digits.isascii() and digits.isdigit() and len(digits) <= 4:  # noqa: PLR2004 - no account has 10,000 fields
            numbered[int(digits)] = value
    return numbered


def read_language(parameters: Parameters) -> Language | None:
    """Return the language that the caller wants mails and pages in."""
    return find_language(parameters.first("lang"))


def read_name(parameters: Parameters) -> str:
    """Return the recipient's display name."""
    return " ".join(parameters.first("name").split())[:LONGEST_NAME]


def read_sender(parameters: Parameters) -> tuple[str, str]:
    """Return address and name of the sender that the caller wants for the confirmation request.

    They are kept with each request, so no more of them than can be of use: an address that is cut short is too long
    for one all the same.
    """
    return parameters.first("dynsndmail")[:LONGEST_PROOF], parameters.first("dynsndname")[:LONGEST_NAME]
