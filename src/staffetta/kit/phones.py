"""Mobile numbers as a sound type: digits with the country code, whatever the spelling (contract 10.4)."""

import re
from dataclasses import dataclass

import phonenumbers

from staffetta.errors import InvalidArgument

# ITU-T E.164 §6: at most 15 digits; national numbers below 4 digits cannot be reached from outside.
SHORTEST, LONGEST = 6, 15
_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
_SEPARATORS = re.compile(r"[\s\-./()]+")


@dataclass(frozen=True, slots=True)
class MobileNumber:
    """A number in E.164 digits without the plus sign."""

    digits: str

    @classmethod
    def parse(cls, text: str, *, prefix: str = "", default_prefix: str = "0039") -> "MobileNumber":
        """Read a number: `+39…`, `0039…`, ` 39…` (a plus sign that a query turned into a blank), or national.

        Args:
            text: the number as sent.
            prefix: a country code given apart from it, such as `001`; empty when there is none.
            default_prefix: the list's, for a number that has none.

        Raises:
            InvalidArgument: not a number.

        """
        bare = _SEPARATORS.sub("", text)
        international = text[:1] == " " or bare.startswith(("+", "00"))
        digits = bare.removeprefix("+")
        digits = digits.removeprefix("00") if international and digits.startswith("00") else digits
        if not international:
            digits = _with_code(digits, prefix=_code(prefix), default=_code(default_prefix))
        if not (digits.isascii() and digits.isdigit() and SHORTEST <= len(digits) <= LONGEST):
            raise InvalidArgument("not a mobile number")
        return cls(digits)

    @property
    def prefix(self) -> str:
        """The country code as the protocol writes it, such as `0039`."""
        return "00" + _country_code(self.digits)

    @property
    def national(self) -> str:
        """The number without its country code."""
        return self.digits.removeprefix(_country_code(self.digits))

    def __str__(self) -> str:
        return f"+{self.digits}"


def _code(prefix: str) -> str:
    digits = _SEPARATORS.sub("", prefix).removeprefix("+")
    return digits.removeprefix("00") if digits.startswith("00") else digits


def _with_code(digits: str, *, prefix: str, default: str) -> str:
    """Return a number without plus sign in full.

    A mobile number of the list's own country comes first: 328 and seven digits are one in Italy, and a valid number
    of Belgium too. Else a number that is whole as it stands is left so.
    """
    if prefix:
        return prefix + digits
    if _type(default + digits) not in _MOBILE and _type(digits) != phonenumbers.PhoneNumberType.UNKNOWN:
        return digits
    return default + digits


def _type(digits: str) -> int:
    try:
        return phonenumbers.number_type(phonenumbers.parse(f"+{digits}"))
    except phonenumbers.NumberParseException:
        return phonenumbers.PhoneNumberType.UNKNOWN


def _country_code(digits: str) -> str:
    for length in (1, 2, 3):
        if int(digits[:length]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return digits[:length]
    return ""
