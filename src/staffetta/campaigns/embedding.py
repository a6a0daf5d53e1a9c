"""Pictures that go with a mail: those of the account's own that the message shows."""

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import unquote, urlsplit

from staffetta.accounts import Account
from staffetta.campaigns.linking import address_of, as_html
from staffetta.campaigns.markup import Kind, attributes_of, pieces_of
from staffetta.campaigns.model import File, Message
from staffetta.kit.hosts import mail_domain

# Ours: with Base64 a mail of seven megabytes, which most mailboxes take; pictures beyond it stay where they are.
MOST_OCTETS: Final = 5_242_880
_PLACES: Final = frozenset({"src", "background"})
_LINE: Final = 76
_PORT: Final = re.compile(r":[0-9]*$")
_PATH: Final = re.compile(r"[0-9a-f]{8,64}/[A-Za-z0-9._-]{1,120}")


def pictures_in(message: Message, account: Account) -> list[str]:
    """Return the paths of the account's own images that a message shows, each once and in order."""
    html = as_html(message.content)
    found: dict[str, None] = {}
    for piece in pieces_of(html):
        if piece.kind is Kind.TAG:
            for each in attributes_of(html, piece):
                path = _path(address_of(html[each.start : each.end]), account) if each.name in _PLACES else ""
                if path:
                    found[path] = None
    return list(found)


def fitting(sizes: Mapping[str, int]) -> list[str]:
    """Return the paths of the pictures that go with a mail, from the octets of all in the order of `pictures_in`."""
    chosen: list[str] = []
    taken = 0
    for path, octets in sizes.items():
        if taken + octets <= MOST_OCTETS:
            chosen.append(path)
            taken += octets
    return chosen


def octets_in_mail(octets: int) -> int:
    """Return how many octets of a mail a picture takes in Base64, with the ends of its lines."""
    encoded = -(-octets // 3) * 4
    return encoded + -(-encoded // _LINE) * len("\r\n")


class Pictures:
    """Those that go with a mail, each under a name of its own."""

    def __init__(self, account: Account, images: Mapping[str, File]) -> None:
        self._account = account
        self._images = images
        self._used: dict[str, File] = {}
        self._octets = 0

    @property
    def find(self) -> Callable[[str], str | None]:
        """What returns the address within the mail of a picture, or None if it does not go with it."""
        return self._find

    def _find(self, address: str) -> str | None:
        path = _path(address, self._account)
        image = self._images.get(path)
        if image is None:
            return None
        if path not in self._used:
            if self._octets + len(image.content) > MOST_OCTETS:
                return None
            self._octets += len(image.content)
            self._used[path] = image
        return f"cid:{self._name(path)}"

    def parts(self) -> list[str]:
        """Return each picture as a part of a mail, with its header and without boundaries."""
        return [self._part(path, image) for path, image in self._used.items()]

    def _name(self, path: str) -> str:
        return f"{path.partition('/')[0]}@{mail_domain(self._account.host)}"

    def _part(self, path: str, image: File) -> str:
        text = b64encode(image.content).decode("ascii")
        lines = "\r\n".join(text[start : start + _LINE] for start in range(0, len(text), _LINE))
        return (
            f"Content-Type: {image.content_type}\r\nContent-Transfer-Encoding: base64\r\n"
            f"Content-ID: <{self._name(path)}>\r\n"
            f'Content-Disposition: inline;\r\n filename="{path.rpartition("/")[2]}"\r\n\r\n{lines}\r\n'
        )


def _path(address: str, account: Account) -> str:
    """Return the path of an account's image that an address on one of its hosts leads to; empty if there is none."""
    if "/images/" not in address:
        return ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    own = f"/images/{account.id}/"
    if not parts.path.startswith(own) or (parts.netloc and _bare(parts.netloc) not in map(_bare, account.hosts)):
        return ""
    path = unquote(parts.path.removeprefix(own))
    return path if _PATH.fullmatch(path) else ""


def _bare(host: str) -> str:
    return _PORT.sub("", host.lower())
