"""Reading the envelope of a call, as leniently as contract 2.4 asks: by local names, in any order, with defaults."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from staffetta.interfaces.soap.calls import Credentials
from staffetta.interfaces.soap.charsets import in_utf_8
from staffetta.interfaces.soap.faults import Unreadable
from staffetta.interfaces.soap.parsing import XmlReader
from staffetta.interfaces.soap.services import Operation, Parameter, Type

SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
# A call has a dozen elements and two for each option; a document in it is text.
MOST_ELEMENTS = 10_000
LONGEST_SCALAR = 64

INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
LEAST, MOST = -(2**31), 2**31 - 1
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
TRUE = ("true", "1")

ENVELOPE, SECTION, CALL, MEMBER, OPTION, PART = range(1, 7)


class Member:
    """A child of the operation's element, before its type is known."""

    __slots__ = ("has_elements", "is_nil", "options", "pieces")

    def __init__(self, *, is_nil: bool) -> None:
        self.is_nil = is_nil
        self.has_elements = False
        self.pieces: list[str] = []
        self.options: dict[str, str] = {}

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class Envelope(XmlReader):
    """The envelope of a call: its SOAP version, the operation, what it was given, and who says to be calling."""

    def __init__(self, *, soap_12: bool = False) -> None:
        super().__init__(most_elements=MOST_ELEMENTS)
        self.soap_12 = soap_12
        self.operation = ""
        self.members: dict[str, Member] = {}
        self._header: dict[str, str] | None = None
        self._in_header = self._in_body = self._in_call = self._in_authentication = False
        self._member: Member | None = None
        self._option: dict[str, str] = {}
        self._name = ""
        self._pieces: list[str] | None = None

    @property
    def credentials(self) -> Credentials | None:
        """The header of the Import service, None where there is none."""
        if self._header is None:
            return None
        return Credentials(
            user=self._header.get("user", "").strip(),
            password=self._header.get("password", ""),
            enc_type=self._header.get("enctype", ""),
        )

    def opened(self, name: str, attributes: dict[str, str]) -> None:
        match self.level:
            case 1:
                self._open_envelope(name, attributes)
            case 2:
                self._in_header, self._in_body = name == "Header", name == "Body"
            case 3:
                self._open_entry(name)
            case 4:
                self._open_member(name, attributes)
            case 5 if self._member:
                self._member.has_elements = True
                self._option, self._pieces = {}, None
            case 6 if self._member:
                self._name, self._pieces = name.lower(), []

    def closed(self) -> None:
        match self.level:
            case 4 if self._in_authentication and self._header is not None and self._pieces is not None:
                self._header.setdefault(self._name, "".join(self._pieces))
            case 5 if self._member and "key" in self._option:
                self._member.options[self._option["key"].strip().lower()] = self._option.get("value", "")
            case 6 if self._member and self._pieces is not None:
                self._option[self._name] = "".join(self._pieces)
        if self.level in (MEMBER, PART):
            self._pieces = None
        if self.level == MEMBER:
            self._member = None

    def text(self, text: str) -> None:
        if self._pieces is not None:
            self._pieces.append(text)

    def _open_envelope(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != "Envelope":
            raise Unreadable("The document is no SOAP envelope.")
        namespace = attributes.get(f"xmlns:{self.prefix}" if self.prefix else "xmlns")
        if namespace in (SOAP_11, SOAP_12):
            self.soap_12 = namespace == SOAP_12

    def _open_entry(self, name: str) -> None:
        self._in_call = self._in_body and not self.operation
        if self._in_call:
            self.operation = name
        self._in_authentication = self._in_header and name == "Authentication"
        if self._in_authentication and self._header is None:
            self._header = {}

    def _open_member(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._in_authentication:
            self._name, self._pieces = name.lower(), []
        elif self._in_call:
            is_nil = any(key.rpartition(":")[2] == "nil" and value in TRUE for key, value in attributes.items())
            self._member = Member(is_nil=is_nil)
            # Of an element that comes twice the first counts.
            self.members.setdefault(name, self._member)
            self._pieces = self._member.pieces


def read_envelope(body: bytes, content_type: bytes) -> Envelope:
    """Read the body of a request; SOAP 1.1 or 1.2, whatever the headers say.

    Raises:
        Unreadable: it is no envelope with an operation, or not well formed.
        TooLarge: it has too many levels or elements.

    """
    envelope = Envelope(soap_12=is_soap_12(content_type))
    envelope.read(in_utf_8(body, content_type))
    if not envelope.operation:
        raise Unreadable("The body of the envelope is empty: the element of an operation is wanted.")
    return envelope


def is_soap_12(content_type: bytes) -> bool:
    """Tell which version a request says to be in, for the answer to one that cannot be read."""
    return content_type.lower().lstrip().startswith(b"application/soap+xml")


def values_of(operation: Operation, members: Mapping[str, Member]) -> dict[str, Any]:
    """Return the values of an operation's parameters; what it does not know is passed over.

    Raises:
        Unreadable: one is not of its type; an empty element is no number and neither true nor false.

    """
    return {each.name: _value(each, members.get(each.name)) for each in operation.parameters}


DEFAULTS: Mapping[Type, Any] = {Type.INT: 0, Type.BOOLEAN: False}


def _value(parameter: Parameter, member: Member | None) -> Any:
    if member is None or member.is_nil:
        return DEFAULTS.get(parameter.type)
    if parameter.type == Type.OPTIONS:
        return member.options
    if member.has_elements:
        raise Unreadable(f"{parameter.name}: text is wanted; XML in it has to be escaped, or to stand in CDATA.")
    if parameter.type == Type.STRING:
        return member.text
    text = member.text.strip()
    if len(text) > LONGEST_SCALAR:
        raise Unreadable(f"{parameter.name}: the value is too long.")
    return READERS[parameter.type](parameter.name, text)


def _integer(name: str, text: str) -> int:
    number = int(text) if INTEGER.fullmatch(text) else None
    if number is None or not LEAST <= number <= MOST:
        raise Unreadable(f"{name}: a whole number is wanted, from {LEAST} to {MOST}; leave the element out for 0.")
    return number


def _boolean(name: str, text: str) -> bool:
    value = BOOLEANS.get(text.lower())
    if value is None:
        raise Unreadable(f"{name}: true, false, 1 or 0 is wanted; leave the element out for false.")
    return value


def _date_time(name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{name}: a date and time is wanted, such as 2026-06-01T12:00:00.") from error


READERS: Mapping[Type, Callable[[str, str], Any]] = {
    Type.INT: _integer,
    Type.BOOLEAN: _boolean,
    Type.DATE_TIME: _date_time,
}
