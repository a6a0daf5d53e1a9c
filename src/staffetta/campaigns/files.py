"""Files that clients bring: what they are called, and what kind of image one is by its octets."""

import re
from pathlib import PurePosixPath

from staffetta.campaigns.model import LONGEST_FILE_NAME, check_text
from staffetta.errors import InvalidArgument

# Whatever a client says: only what browsers show as a picture and never run. SVG can hold scripts, and mail programs do
# not show it.
IMAGES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png", ".png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg", ".jpg"),
    (re.compile(rb"GIF8[79]a"), "image/gif", ".gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp", ".webp"),
)
ENDINGS = frozenset({*(ending for *_, ending in IMAGES), ".jpeg", ".jpe", ".jfif"})
NOT_IN_PATHS = re.compile(r"[^A-Za-z0-9._-]+")


def file_name(name: str) -> str:
    """Return the name of a file without folders, as people see it.

    Raises:
        InvalidArgument: it has none, or one that is too long, or not text.

    """
    last = name.replace("\\", "/").rpartition("/")[2]
    cleaned = " ".join("".join(filter(_is_shown, last)).split()).strip(". ")
    if not cleaned:
        raise InvalidArgument("Name: a file has a name")
    return check_text("Name", cleaned, LONGEST_FILE_NAME)


def image_kind(content: bytes) -> tuple[str, str]:
    """Return the content type of an image and how its name ends.

    Raises:
        InvalidArgument: it is none that mail programs show.

    """
    for signature, content_type, ending in IMAGES:
        if signature.match(content):
            return content_type, ending
    raise InvalidArgument("the file is no PNG, JPEG, GIF or WebP image")


def image_name(name: str, ending: str) -> str:
    """Return the name of an image as the last part of a path, ending in what it is."""
    plain = NOT_IN_PATHS.sub("-", name.replace("\\", "/").rpartition("/")[2]).strip("-.")
    suffix = PurePosixPath(plain).suffix
    if suffix.lower() in ENDINGS:
        plain = plain.removesuffix(suffix)
    return f"{plain[:LONGEST_FILE_NAME].rstrip('-.') or 'image'}{ending}"


def _is_shown(character: str) -> bool:
    return character.isprintable() or character == " "
