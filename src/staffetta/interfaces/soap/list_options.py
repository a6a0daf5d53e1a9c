"""Options of CreateList and UpdateList: a list's settings by the names that Manage gives them (contract 6)."""

from collections.abc import Callable, Mapping
from typing import Any

from staffetta.errors import InvalidArgument
from staffetta.interfaces.parameters import FALSE_WORDS, TRUE_WORDS
from staffetta.lists import OptoutType

LONGEST_NUMBER = 9


def given_settings(options: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that options name; unknown keys, and those of fax, are passed over.

    An empty number, flag or code leaves what there is; an empty text or address clears it.

    Raises:
        InvalidArgument: a value is none.

    """
    given: dict[str, Any] = {}
    for key, value in options.items():
        setting, read = SETTINGS.get(key, ("", _text))
        stripped = value.strip()
        if setting and (stripped or read in CLEARING):
            try:
                given[setting] = read(stripped)
            except ValueError as error:
                raise InvalidArgument(f"{key}: {EXPECTED[read]}") from error
    return given


def _text(value: str) -> str:
    return value


def _code(value: str) -> str:
    return value


def _address_or_none(value: str) -> str | None:
    return value or None


def _flag(value: str) -> bool:
    word = value.lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ValueError
    return word in TRUE_WORDS


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= LONGEST_NUMBER):
        raise ValueError
    return int(value)


def _optout_type(value: str) -> OptoutType:
    return OptoutType(_number(value))


CLEARING = (_text, _address_or_none)
EXPECTED: Mapping[Callable[[str], Any], str] = {
    _flag: "0 or 1",
    _number: "a whole number",
    _optout_type: "a number from 0 to 4",
}
SETTINGS: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "owneremail": ("sender_email", _text),
    "bouncedemail": ("bounced_email", _address_or_none),
    "description": ("description", _text),
    "format": ("format", str.lower),
    "charset": ("charset", _code),
    "public": ("public", _flag),
    "tracking": ("track_on_opened", _flag),
    "nl_sendername": ("sender_name", _text),
    "sms_sendername": ("sms_sender_name", _text),
    "optout_type": ("optout_type", _optout_type),
    "sendemailoptout": ("send_email_optout", _flag),
    "notifyemail": ("notify_email", _text),
    "frontendform": ("frontend_form", _flag),
    "disclaimer": ("disclaimer", _text),
    "headerxabuse": ("header_x_abuse", _text),
    "kbmax": ("kb_max", _number),
    "replyto": ("reply_to", _text),
    "headerreplyto": ("reply_to", _text),
    "displayas": ("display_as", _text),
    "headerlistunsubscriber": ("header_list_unsubscriber", _text),
    "headerlistunsubscribe": ("header_list_unsubscriber", _text),
    "multipart_text": ("multipart_text", _flag),
    "conversionlab_trackcode": ("conversionlab_track_code", _text),
    "default_prefix": ("default_prefix", _code),
    "multi_optout_list": ("multi_optout_list", _text),
    "subscribedemail": ("subscribed_email", _flag),
    "sendconfirmsms": ("send_confirm_sms", _flag),
}
