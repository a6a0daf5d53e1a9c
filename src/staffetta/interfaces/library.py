"""Where the public library of messages is, for the interfaces that link to it and the one that serves it."""

from staffetta.campaigns import Image

PREVIEW = "/frontend/nl_preview_window.aspx"
CATALOG = "/frontend/nl_catalog.aspx"
IMAGES = "/images/"
THUMBNAILS = "/templates/"


def preview_url(base_url: str, message_id: int) -> str:
    """Return where everybody reads a published message."""
    return f"{base_url}{PREVIEW}?idNL={message_id}"


def image_url(base_url: str, account_id: int, image: Image) -> str:
    """Return the address of an image."""
    return f"{base_url}{IMAGES}{account_id}/{image.path}"


def thumbnail_url(base_url: str, name: str) -> str:
    """Return the address of the picture of a template."""
    return f"{base_url}{THUMBNAILS}{name}"
