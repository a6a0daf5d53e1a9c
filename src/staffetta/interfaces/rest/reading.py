"""Request bodies as clients write them: JSON, XML or a form, whatever the content type says (contract 2.2).

What most bodies are is decoded in one step. Another, slower reading follows where that fails or would miss something:
members in another letter case, null for what has a default, numbers for texts, control characters.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import CONTROLS, form_pairs
from staffetta.interfaces.rest.fitting import Check, check_of, fit

BOM = b"\xef\xbb\xbf"
EMPTY = (b"", b"null")
OBJECTS = (b"{", b"[", b'"')
NOT_BARE = (b"{", b"[", b"<")
LONGEST_REASON = 300

# The strings are matched to be passed over; possessive, so that a broken body costs one walk through it.
TRAILING_COMMA = re.compile(rb'"(?:[^"\\]|\\.)*+"|,(?=\s*+[}\]])', re.DOTALL)
# Controls as JSON may spell them; tabs and line ends are text.
CONTROL_SPELT = re.compile(rb"\\(?:u00(?:0[0-8bBcCeEfF]|1|7[fF]|[89])|[bf])")
CONTROL_RAW = re.compile(rb"\xc2[\x80-\x9f]")


def decode_body(raw: bytes, wanted: Any, content_type: bytes = b"") -> Any:
    """Read a body into a type; what is no member of a struct is ignored.

    Raises:
        InvalidArgument: the body cannot be read so; the text names the member.

    """
    body = raw.removeprefix(BOM).strip()
    plan = _plan(wanted)
    try:
        if body in EMPTY:
            return plan.convert(None)
        if wanted is str and not body.startswith(NOT_BARE):
            return _bare_text(body)
        if body.startswith(b"<"):
            from staffetta.interfaces.rest.xml import value_of_xml  # noqa: PLC0415 - lxml is slow to import

            return plan.convert(value_of_xml(body, plan.info))
        if not body.startswith(OBJECTS) and b"=" in body:
            return plan.convert_form(dict(form_pairs(content_type or b"application/x-www-form-urlencoded", body)))
        return plan.decode_json(_utf8(body))
    except RecursionError as error:
        raise InvalidArgument("The body is nested too deeply.") from error
    except msgspec.ValidationError as error:
        raise InvalidArgument(_reason(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"The body is no JSON: {str(error)[:LONGEST_REASON]}.") from error


@dataclass(frozen=True, slots=True)
class _Plan:
    """How bodies of one type are read; `names` has each member in lower case and as it is, in quotes."""

    wanted: Any
    info: inspect.Type
    decode: Callable[[bytes], Any]
    check: Check | None
    names: tuple[tuple[bytes, bytes], ...]

    def decode_json(self, body: bytes) -> Any:
        if not self._needs_care(body):
            try:
                return self._checked(self.decode(body))
            except msgspec.DecodeError:
                pass  # the careful reading takes more, and says better what is wrong
        return self.convert(_cleaned(_lenient_json(body)))

    def convert_form(self, form: dict[str, str]) -> Any:
        # Whatever has an equals sign in it can be read as a form.
        known = {lower.strip(b'"').decode() for lower, _ in self.names}
        if known.isdisjoint(name.lower() for name in form):
            raise InvalidArgument("The body is no JSON, nor a form with a member that is known here.")
        return self.convert(form)

    def convert(self, value: Any) -> Any:
        return self._checked(msgspec.convert(fit(value, self.info), self.wanted, strict=False))

    def _checked(self, value: Any) -> Any:
        if self.check:
            self.check(value, "The body")
        return value

    def _needs_care(self, body: bytes) -> bool:
        """Tell whether the body has a member in another letter case, which decoding would miss, or a control."""
        if b"\\" in body and CONTROL_SPELT.search(body):
            return True
        if b"\x7f" in body or (b"\xc2" in body and CONTROL_RAW.search(body)):
            return True
        lowered = body.lower()
        for lower, exact in self.names:  # noqa: SIM110 - a generator takes twice as long, and each body comes by here
            if lowered.count(lower) != body.count(exact):
                return True
        return False


@cache
def _plan(wanted: Any) -> _Plan:
    info = inspect.type_info(wanted)
    names = {name: f'"{name}"'.encode() for name in _member_names(info, set())}
    decoder = msgspec.json.Decoder(wanted, strict=False)
    pairs = tuple((exact.lower(), exact) for exact in names.values())
    return _Plan(wanted, info, decoder.decode, check_of(info), pairs)


def _member_names(info: inspect.Type, seen: set[type]) -> Iterator[str]:
    if isinstance(info, inspect.StructType) and info.cls not in seen:
        seen.add(info.cls)
        for field in info.fields:
            yield field.encode_name
            yield from _member_names(field.type, seen)
    elif isinstance(info, inspect.ListType):
        yield from _member_names(info.item_type, seen)
    elif isinstance(info, inspect.UnionType):
        for each in info.types:
            yield from _member_names(each, seen)


def _utf8(body: bytes) -> bytes:
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace").encode()
    return body


def _bare_text(body: bytes) -> str:
    """Read a text in quotes as JSON has it, or as it stands: one client forgets the quotes (contract 7.6, M17)."""
    readable = _utf8(body)
    try:
        text = msgspec.json.decode(readable, type=str)
    except msgspec.DecodeError:
        text = readable.decode()
    return CONTROLS.sub("", text)


def _lenient_json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        # The documentation's own samples end objects in a comma.
        return msgspec.json.decode(TRAILING_COMMA.sub(lambda found: b"" if found[0] == b"," else found[0], body))


def _cleaned(value: Any) -> Any:
    """Return the value without control characters in its texts; JSON that could be decoded is not nested deeply."""
    if isinstance(value, str):
        return CONTROLS.sub("", value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {name: _cleaned(each) for name, each in value.items()}
    return value


def _reason(text: str) -> str:
    """Put the member first: `Fields[0].Id: expected ...`."""
    what, _, where = text.rpartition(" - at `")
    if not what:
        what, where = text, ""
    member = where.removesuffix("`").removeprefix("$").lstrip(".")
    what = what[:LONGEST_REASON]
    return f"{member[:LONGEST_REASON]}: {what[:1].lower()}{what[1:]}." if member else f"The body: {what}."
