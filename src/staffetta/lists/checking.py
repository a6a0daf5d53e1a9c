"""What a list, its settings, a group or a field may be (seed on lists)."""

import re
from dataclasses import fields

from staffetta.errors import InvalidArgument
from staffetta.kit.addresses import EmailAddress
from staffetta.kit.places import is_country, is_time_zone_code
from staffetta.lists.model import ListSettings

# Seed on lists.
LONGEST_NAME = 50
# A client that brings its own ids must leave room below the 32-bit limit for those that follow.
LARGEST_GIVEN_ID = 2**30
# Ours: a disclaimer is a paragraph of HTML. All lists of an account are kept in memory.
LONGEST_TEXT = 4_000

FORMATS = ("html", "text")
# 0 newsletters, 1 direct advertising, 2 transactional (seed).
SCOPE_CODES = range(3)
CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:()-]{0,39}")
# Seed: a phone number, or up to eleven letters and digits.
SMS_SENDER = re.compile(r"(?:\+|00)?[0-9]{6,15}|[A-Za-z0-9]{1,11}")
DEFAULT_PREFIX = re.compile(r"(?:\+|00)?[1-9][0-9]{0,3}")
IDS = re.compile(r"[1-9][0-9]{0,9}(?:\s*[,;]\s*[1-9][0-9]{0,9})*[,;]?")
TEXTS = tuple(each.name for each in fields(ListSettings) if each.type in (str, str | None))


def check_settings(settings: ListSettings) -> None:
    """Refuse settings that no list can have; what is empty is not set.

    Raises:
        InvalidArgument: one of them is none, and which.

    """
    for name in TEXTS:
        check_text(name.replace("_", " "), getattr(settings, name) or "")
    for name in ("sender_email", "reply_to", "notify_email", "bounced_email"):
        _check_address(name.replace("_", " "), getattr(settings, name) or "")
    _check_codes(settings)
    _check_forms(settings)


def check_text(what: str, text: str) -> None:
    """Refuse text that is too long, or that no database can keep."""
    if len(text) > LONGEST_TEXT:
        raise InvalidArgument(f"{what}: at most {LONGEST_TEXT} characters")
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidArgument(f"{what}: not text")


def named(name: str) -> str:
    """Return a name as it is shown, or refuse it."""
    cleaned = " ".join(name.split())
    if not 0 < len(cleaned) <= LONGEST_NAME or not cleaned.isprintable():
        raise InvalidArgument(f"a name has 1 to {LONGEST_NAME} printable characters")
    return cleaned


def check_id(number: int) -> None:
    """Refuse an id that nobody may bring."""
    if not 0 < number <= LARGEST_GIVEN_ID:
        raise InvalidArgument(f"an id is a number from 1 to {LARGEST_GIVEN_ID}")


def _check_address(what: str, address: str) -> None:
    if address.strip():
        try:
            EmailAddress.parse(address)
        except InvalidArgument as error:
            raise InvalidArgument(f"{what}: {error}") from error


def _check_codes(settings: ListSettings) -> None:
    if settings.country_code and not is_country(settings.country_code):
        raise InvalidArgument("country code: not a country such as IT")
    if settings.time_zone_code and not is_time_zone_code(settings.time_zone_code):
        raise InvalidArgument("time zone code: not one of the codes of TimeZones, such as UTC+01:00.0")
    if settings.format not in FORMATS:
        raise InvalidArgument("format: html or text")
    if settings.scope_code not in SCOPE_CODES:
        raise InvalidArgument("scope code: 0 for newsletters, 1 for direct advertising, 2 for transactional messages")
    if settings.kb_max <= 0 or settings.kb_max >= 2**31:
        raise InvalidArgument("kb max: a number of kilobytes above 0")


def _check_forms(settings: ListSettings) -> None:
    forms = (
        (settings.charset, CHARSET, "charset: the name of a character set, such as UTF-8"),
        (settings.sms_sender_name, SMS_SENDER, "SMS sender name: a phone number, or up to 11 letters and digits"),
        (settings.default_prefix, DEFAULT_PREFIX, "default prefix: an international prefix such as 0039"),
        (settings.multi_optout_list, IDS, "multi optout list: list ids with commas, such as 1,2"),
    )
    for text, form, reason in forms:
        if text and not form.fullmatch(text.strip()):
            raise InvalidArgument(reason)
    if "?" in settings.link_tracking_parameters:
        raise InvalidArgument("link tracking parameters: no question mark")
