"""Email addresses as a sound type: parsed once at the edge, never checked again."""

import re
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from staffetta.errors import InvalidArgument

# RFC 5321 §4.5.3.1.3: a path has 256 octets, two of them angle brackets.
LONGEST = 254

# Addresses that nobody disputes skip the full validator, which costs ten times as much as the rest of a sign-up's
# parsing. Whatever this does not match is not refused, but looked at closely (tests hold the two together).
PLAIN = re.compile(
    r"(?=.{1,64}@)[a-z0-9_+]+(?:[.-][a-z0-9_+]+)*@(?:[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,62}\.)+[a-z]{2,24}",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An address that mail can be sent to: lower case, its domain in Unicode form."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "EmailAddress":
        """Read an address as people type it.

        Case is not kept: the same mailbox typed twice is one recipient.

        Raises:
            InvalidArgument: not an address by RFC 5321 and 6531.

        """
        candidate = text.strip().lower()
        if len(candidate) > LONGEST:
            raise InvalidArgument("an email address has at most 254 characters")
        if PLAIN.fullmatch(candidate):
            return cls(candidate)
        try:
            valid = validate_email(candidate, check_deliverability=False, globally_deliverable=False, strict=True)
        except (EmailNotValidError, ValueError) as error:
            raise InvalidArgument("not an email address") from error
        top_level = valid.ascii_domain.rpartition(".")
        if not top_level[1] or top_level[2].isdigit():
            raise InvalidArgument("not an email address: its domain has no top level")
        return cls(valid.normalized.lower())

    @property
    def domain(self) -> str:
        """The domain in Unicode form."""
        return self.text.rpartition("@")[2]

    @property
    def is_ascii(self) -> bool:
        """Whether the address can be sent to without SMTPUTF8, its domain as it stands."""
        return self.text.isascii()

    def __str__(self) -> str:
        return self.text
