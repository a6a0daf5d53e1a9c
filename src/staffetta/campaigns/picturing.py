"""Images that messages show: each is served at a path with a digest of it, so that what is there never changes."""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import blake2b

from staffetta.campaigns import image_queries as queries
from staffetta.campaigns.files import image_kind, image_name
from staffetta.campaigns.model import File, Image, UnknownImage
from staffetta.db import Transaction
from staffetta.errors import InvalidArgument, PermissionDenied
from staffetta.lists import get_list

SHARED = 0
# A bare array has no pages; this many addresses are half a megabyte.
MOST_LISTED = 5_000
DIGEST_OCTETS = 12


def add_image(tx: Transaction, list_id: int, *, name: str, content: bytes, most_octets: int, now: datetime) -> Image:
    """Keep an image for a list, or with list 0 for all of them; a repeat keeps it once, as the newest.

    Raises:
        UnknownList: the account has no such list.
        InvalidArgument: it is empty, too large, or no PNG, JPEG, GIF or WebP.

    """
    if list_id != SHARED:
        get_list(tx, list_id)
    if not 0 < len(content) <= most_octets:
        raise InvalidArgument(f"an image has 1 to {most_octets} octets")
    content_type, ending = image_kind(content)
    shown = image_name(name, ending)
    digest = blake2b(b"%d " % list_id + content, digest_size=DIGEST_OCTETS).hexdigest()
    # Whoever takes an id waits for those who took one before: of two uploads at once the second takes the place of
    # the first.
    image = Image(id=tx.take_id("image"), list_id=list_id, path=f"{digest}/{shown}")
    queries.delete_image(tx, image.path)
    queries.insert_image(tx, image, File(content, content_type, shown), created_at=now)
    return image


def images_of_list(tx: Transaction, list_id: int) -> list[Image]:
    """Return the images of a list, newest first.

    Raises:
        UnknownList: the account has no such list.

    """
    get_list(tx, list_id)
    return queries.images_of(tx, (list_id,), most=MOST_LISTED)


def shared_images(tx: Transaction, *, lists: Sequence[int] | None) -> list[Image]:
    """Return the images that lists share and those of some lists, None for all of them, newest first.

    Clients upload to a list and look for the image among the shared ones (contract rest.md 7.6).
    """
    return queries.images_of(tx, None if lists is None else (SHARED, *lists), most=MOST_LISTED)


def remove_image(tx: Transaction, path: str, *, lists: Collection[int] | None) -> None:
    """Remove an image; messages that show it show it no more.

    Raises:
        UnknownImage: the account has none at this path.
        PermissionDenied: it is of a list that is not among `lists`, which None has all of.

    """
    image = queries.find_image(tx, path)
    if image is None:
        raise UnknownImage("there is no such image")
    if lists is not None and image.list_id not in (SHARED, *lists):
        raise PermissionDenied("the image is of a list that is not visible to this user")
    queries.delete_image(tx, path)


def image_file(tx: Transaction, path: str) -> File:
    """Return what is in the image of a path, or raise UnknownImage."""
    found = queries.image_file(tx, path)
    if found is None:
        raise UnknownImage("there is no such image")
    return found
