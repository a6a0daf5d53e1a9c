"""Templates that messages begin with: files of this package with a layout in common, the same for every list."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from types import MappingProxyType

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined

from staffetta.campaigns.model import Draft, Message, UnknownTemplate
from staffetta.campaigns.writing import add_message
from staffetta.db import Transaction
from staffetta.recipients import GivenField

FOLDER = "templates"
DIGEST_OCTETS = 6
# What stands in a greeting for who has no first name.
FIRST_NAME = GivenField(1, "", "there")


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A message to begin with; the thumbnail is an SVG, and its name holds a digest of it."""

    id: int
    title: str
    text: str
    content: str
    thumbnail: bytes
    thumbnail_name: str


@cache
def templates() -> Mapping[int, Template]:
    """Return the templates by id."""
    known = (
        ("newsletter", "Newsletter", "A lead story and two shorter ones, side by side where there is room."),
        ("announcement", "Announcement", "One piece of news, large, with one button."),
        ("offer", "Shop offer", "A discount with its code, and three products to look at."),
        ("letter", "Plain letter", "Words from one person to another, with no decoration."),
    )
    written = Environment(
        loader=PackageLoader(__package__, FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return MappingProxyType(
        {number: _read(written, number, *described) for number, described in enumerate(known, start=1)}
    )


def get_template(template_id: int) -> Template:
    """Return a template by its id, or raise UnknownTemplate."""
    found = templates().get(template_id)
    if found is None:
        raise UnknownTemplate(f"there is no template {template_id}")
    return found


def write_from_template(tx: Transaction, list_id: int, template_id: int, *, now: datetime) -> Message:
    """Write a message that begins as a template does.

    Raises:
        UnknownList: the account has no such list.
        UnknownTemplate: there is no such template.

    """
    template = get_template(template_id)
    draft = Draft(subject=template.title, content=template.content, default_values=(FIRST_NAME,))
    return add_message(tx, list_id, draft, now=now)


def _read(written: Environment, number: int, name: str, title: str, text: str) -> Template:
    folder = files(__package__) / FOLDER
    thumbnail = (folder / f"{name}.svg").read_bytes()
    digest = blake2b(thumbnail, digest_size=DIGEST_OCTETS).hexdigest()
    return Template(
        id=number,
        title=title,
        text=text,
        content=written.get_template(f"{name}.html").render(title=title),
        thumbnail=thumbnail,
        thumbnail_name=f"{name}.{digest}.svg",
    )
