"""Signed tokens: what a link in a mail says, short, and impossible to make up.

A token is base64url of: key id, purpose, account, recipient, further numbers (each a LEB128 varint), and the first 12
octets of keyed BLAKE2b over these. Anybody can read it; nobody without the key can change it. 96 bits of a MAC cannot
be guessed over a network.
"""

from base64 import b32decode, urlsafe_b64decode
from binascii import b2a_base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from typing import NamedTuple

import msgspec

from staffetta.db import to_microseconds
from staffetta.errors import InvalidArgument

MAC_OCTETS = 12
DERIVED_OCTETS = 32
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
LONGEST = 2_048


class Purpose(IntEnum):
    """What a link is for; a token for one does nothing at another."""

    CONFIRM = 1
    UNSUBSCRIBE = 2
    PROFILE = 3
    SENDER = 4
    RESET = 5
    ATTACHMENT = 6
    # What a mail of a campaign carries: to see it, open it and follow its links; to leave the list; where its bounces
    # go; and where a mail that asks to leave goes.
    CAMPAIGN = 7
    LEAVE = 8
    RETURN = 9
    LEAVE_BY_MAIL = 10
    # The page of PROFILE, from a mail of a campaign.
    PREFERENCES = 11


class InvalidToken(InvalidArgument):
    """Not a token of ours, or changed, or cut short by a mail program."""


class Token(msgspec.Struct, frozen=True):
    """What a token says: which account and recipient, and for which lists."""

    account_id: int
    recipient_id: int
    lists: tuple[int, ...]


class SenderToken(NamedTuple):
    """What the token of a verification says: which account, and which address it asks to send from."""

    account_id: int
    sender_id: str


class ResetToken(NamedTuple):
    """What the token of a forgotten password says.

    Attributes:
        account_id: the account.
        login: the user who chooses a new password.
        issued_at: when it was asked for; whoever reads the token decides how long it is good.
        changed_at: when the password was last changed; a token is good only while it still is the same.

    """

    account_id: int
    login: str
    issued_at: datetime
    changed_at: datetime


class AttachmentToken(NamedTuple):
    """What the address of an attached file says: whose, and which."""

    account_id: int
    message_id: int
    slot: int


class CampaignToken(NamedTuple):
    """What the links and addresses in one mail of a campaign say; `recipient_id` 0 is somebody not to be followed."""

    account_id: int
    recipient_id: int
    sending_id: int


class RecipientSigner:
    """Signs the tokens of one recipient after the other that say the same but for the recipient.

    A campaign signs several for each mail: what does not change is spelt once. The tokens are those of `Signer`.
    """

    __slots__ = ("_begin", "_mac", "_rest")

    def __init__(self, mac: Callable[[], "blake2b"], begin: bytes, rest: bytes) -> None:
        self._mac = mac
        self._begin = begin
        self._rest = rest

    def sign(self, recipient: bytes) -> bytes:
        """Return a token as it stands in a URL, for a recipient as `spell_recipient` spells one."""
        content = self._begin + recipient + self._rest
        mac = self._mac()
        mac.update(content)
        return b2a_base64(content + mac.digest(), newline=False).translate(_URL_SAFE).rstrip(b"=")

    def sign_address(self, recipient: bytes) -> bytes:
        """Return a token for the local part of an address, as `Signer.sign_address` does."""
        content = self._begin + recipient + self._rest
        mac = self._mac()
        mac.update(content)
        return _spelt_in_lower_case(content + mac.digest())


class Signer:
    """Signs with the newest key and reads tokens of every key that is kept: rotation breaks no link."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        self._macs = {
            key_id: blake2b(key=key, digest_size=MAC_OCTETS, person=b"staffetta-links") for key_id, key in keys.items()
        }
        self._derivers = {
            key_id: blake2b(key=keys[key_id], digest_size=DERIVED_OCTETS, person=b"staffetta-derive")
            for key_id in sorted(keys, reverse=True)
        }
        self._newest = max(keys)

    @property
    def newest_key(self) -> int:
        """The id of the key that signs."""
        return self._newest

    def sign(self, purpose: Purpose, token: Token) -> str:
        """Return a token as it stands in a URL."""
        content = b"%b%b%b" % (
            _varints(self._newest, purpose, token.account_id),
            _varint(token.recipient_id),
            _varints(*token.lists),
        )
        return _spelt(content + self._mac(self._newest, content))

    def read(self, purpose: Purpose, text: str) -> Token:
        """Read a token.

        Raises:
            InvalidToken: it is none of ours for this purpose.

        """
        account_id, recipient_id, *lists = self._open(purpose, text)
        return Token(account_id, recipient_id, tuple(lists))

    def sign_sender(self, token: SenderToken) -> str:
        """Return the token of a verification; the sender's id, which is letters and digits, is spelt as a number."""
        number = int.from_bytes(token.sender_id.encode("ascii"), "big")
        return self.sign(Purpose.SENDER, Token(token.account_id, number, ()))

    def read_sender(self, text: str) -> SenderToken:
        """Read the token of a verification, or raise InvalidToken."""
        account_id, number, *_ = self._open(Purpose.SENDER, text)
        spelt = number.to_bytes((number.bit_length() + 7) // 8, "big")
        if not spelt.isalnum():
            raise InvalidToken("the link is not one of ours")
        return SenderToken(account_id, spelt.decode("ascii"))

    def sign_reset(self, token: ResetToken) -> str:
        """Return the token of a forgotten password; the login is spelt as a number, instants in microseconds."""
        number = int.from_bytes(token.login.encode(), "big")
        instants = (to_microseconds(token.issued_at), to_microseconds(token.changed_at))
        return self.sign(Purpose.RESET, Token(token.account_id, number, instants))

    def read_reset(self, text: str) -> ResetToken:
        """Read the token of a forgotten password, or raise InvalidToken; how old it may be is the reader's to judge."""
        try:
            account_id, number, issued_at, changed_at = self._open(Purpose.RESET, text)
            login = number.to_bytes((number.bit_length() + 7) // 8, "big").decode()
            return ResetToken(account_id, login, _instant(issued_at), _instant(changed_at))
        except (ValueError, OverflowError) as error:
            raise InvalidToken("the link is not one of ours") from error

    def derive(self, label: str, *parts: str, key_id: int | None = None) -> bytes:
        """Return 32 octets that only this installation can know, the same each time; of the newest key if not told.

        Raises:
            KeyError: there is no such key.

        """
        deriver = self._derivers[self._newest if key_id is None else key_id].copy()
        # Each with its length: no two lists of parts run together to the same.
        for part in (label, *parts):
            octets = part.encode()
            deriver.update(len(octets).to_bytes(4, "big") + octets)
        return deriver.digest()

    def derive_all(self, label: str, *parts: str) -> list[bytes]:
        """Return what every key that is kept derives, the newest first: for reading what an older key sealed."""
        return [self.derive(label, *parts, key_id=key_id) for key_id in self._derivers]

    def sign_attachment(self, token: AttachmentToken) -> str:
        """Return the token of an attached file."""
        return self.sign(Purpose.ATTACHMENT, Token(token.account_id, token.message_id, (token.slot,)))

    def read_attachment(self, text: str) -> AttachmentToken:
        """Read the token of an attached file, or raise InvalidToken."""
        numbers = self._open(Purpose.ATTACHMENT, text)
        if len(numbers) != len(AttachmentToken._fields):
            raise InvalidToken("the link is not one of ours")
        return AttachmentToken(*numbers)

    def sign_campaign(self, token: CampaignToken) -> str:
        """Return the token of a mail of a campaign, by which it is seen, opened and followed."""
        return self.sign(Purpose.CAMPAIGN, Token(token.account_id, token.recipient_id, (token.sending_id,)))

    def read_campaign(self, text: str) -> CampaignToken:
        """Read the token of a mail of a campaign, or raise InvalidToken."""
        return _campaign_token(self._open(Purpose.CAMPAIGN, text))

    def sign_address(self, purpose: Purpose, token: CampaignToken) -> str:
        """Return a token for the local part of an address, where letter case is lost: at most 50 characters."""
        content = _varints(self._newest, purpose, *token)
        return _spelt_in_lower_case(content + self._mac(self._newest, content)).decode()

    def read_address(self, purpose: Purpose, text: str) -> CampaignToken:
        """Read the token of an address, in any letter case, or raise InvalidToken."""
        try:
            raw = b32decode(text.upper() + "=" * (-len(text) % 8))
        except ValueError as error:
            raise InvalidToken("the address is not complete") from error
        return _campaign_token(self._open(purpose, _spelt(raw)))

    def for_recipients(self, purpose: Purpose, account_id: int, *numbers: int) -> RecipientSigner:
        """Return what signs tokens of a purpose that differ in the recipient alone."""
        begin = _varints(self._newest, purpose, account_id)
        return RecipientSigner(self._macs[self._newest].copy, begin, _varints(*numbers))

    def _open(self, purpose: Purpose, text: str) -> list[int]:
        if not 0 < len(text) <= LONGEST or not text.isascii():
            raise InvalidToken("the link is not complete")
        try:
            raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
            if _spelt(raw) != text:  # the decoder passes over strange characters and surplus bits
                raise ValueError(text)
            content, mac = raw[:-MAC_OCTETS], raw[-MAC_OCTETS:]
            key_id, stated, *numbers = _numbers(content)
        except ValueError as error:
            raise InvalidToken("the link is not complete") from error
        genuine = key_id in self._macs and compare_digest(self._mac(key_id, content), mac)
        if not genuine or stated != purpose or len(numbers) < 2:  # noqa: PLR2004 - account and recipient
            raise InvalidToken("the link is not one of ours")
        return numbers

    def _mac(self, key_id: int, content: bytes) -> bytes:
        mac = self._macs[key_id].copy()  # keyed already, which is half the work for so short a content
        mac.update(content)
        return mac.digest()


def _campaign_token(numbers: list[int]) -> CampaignToken:
    if len(numbers) != len(CampaignToken._fields):
        raise InvalidToken("the link is not one of ours")
    return CampaignToken(*numbers)


def _instant(microseconds: int) -> datetime:
    return datetime.fromtimestamp(microseconds / 1_000_000, UTC)


def spell_recipient(recipient_id: int) -> bytes:
    """Return a recipient's id as tokens have it."""
    if recipient_id <= 0x7F:  # noqa: PLR2004 - seven bits to the octet
        return _OCTETS[recipient_id]
    if recipient_id <= 0x3FFF:  # noqa: PLR2004
        return bytes((recipient_id & 0x7F | 0x80, recipient_id >> 7))
    if recipient_id <= 0x1F_FFFF:  # noqa: PLR2004
        return bytes((recipient_id & 0x7F | 0x80, recipient_id >> 7 & 0x7F | 0x80, recipient_id >> 14))
    return _varint(recipient_id)


_OCTETS = tuple(bytes((octet,)) for octet in range(0x80))
# Base 32 (RFC 4648 §6) in lower case. Groups of five bits are moved apart to octets, halves of them at a time, which
# takes arithmetic a third of the time that a loop over the groups does.
_LOWER_CASE = bytes.maketrans(bytes(range(32)), b"abcdefghijklmnopqrstuvwxyz234567")
_GROUPS = 64


def _steps() -> tuple[tuple[int, int], ...]:
    steps = []
    size = _GROUPS // 2
    while size:
        upper = sum(((1 << 5 * size) - 1) << 8 * start + 5 * size for start in range(0, _GROUPS, 2 * size))
        steps.append((upper, 3 * size))
        size //= 2
    return tuple(steps)


_STEPS = _steps()


def _spelt_in_lower_case(raw: bytes) -> bytes:
    length = (len(raw) * 8 + 4) // 5
    number = int.from_bytes(raw, "big") << length * 5 - len(raw) * 8
    for upper, shift in _STEPS:
        moved = number & upper
        number ^= moved ^ moved << shift
    return number.to_bytes(length, "big").translate(_LOWER_CASE)


def _spelt(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).translate(_URL_SAFE).decode().rstrip("=")


@lru_cache(maxsize=1024)  # purposes, accounts and lists come again and again
def _varints(*numbers: int) -> bytes:
    return b"".join(map(_varint, numbers))


def _varint(number: int) -> bytes:
    octets = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - seven bits to the octet
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)


def _numbers(content: bytes) -> list[int]:
    numbers: list[int] = []
    number, shift = 0, 0
    for octet in content:
        number |= (octet & 0x7F) << shift
        shift += 7
        if octet < 0x80:  # noqa: PLR2004 - the last octet of a number
            numbers.append(number)
            number, shift = 0, 0
    if shift or not content:
        raise ValueError("cut short")
    return numbers
