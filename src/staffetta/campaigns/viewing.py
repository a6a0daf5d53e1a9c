"""A message in a browser: the HTML that one person sees, or everybody."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.campaigns.closing import set_apart, sound_html
from staffetta.campaigns.linking import as_html, tracked_link
from staffetta.campaigns.mailing import Addressee, Mailing
from staffetta.campaigns.merging import IN_HTML, fill_url, merge_values
from staffetta.campaigns.model import Message
from staffetta.campaigns.rewriting import Marks, mark
from staffetta.messages import HOLE

_NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})


def online_page(mailing: Mailing, to: Addressee | None, *, leads: Mapping[str, str] = _NOWHERE) -> str:
    """Return a message as a person sees it in a browser; nobody sees default values.

    It has neither pre-header nor pixel, and its links lead straight to where they lead: nothing in it says who reads
    it, so that the address of the page can be passed on.

    Args:
        mailing: the message and what belongs to it.
        to: the person, or None.
        leads: by label (`Unsubscribe` …), the addresses of pages of ours; those that are missing lead nowhere.

    """
    settings = mailing.mailing_list.settings
    return show(
        mailing.message,
        merge_values(mailing.fields, mailing.message, to, values=mailing.values),
        parameters=settings.link_tracking_parameters,
        disclaimer=settings.disclaimer,
        leads=leads,
    )


def show(
    message: Message,
    values: Mapping[str, str],
    *,
    parameters: str = "",
    disclaimer: str = "",
    leads: Mapping[str, str] = _NOWHERE,
) -> str:
    """Return the HTML of a message with values, by placeholder, in it."""
    keys = list(values)

    def straight(address: str) -> str | None:
        url = tracked_link(address, message.tracking, parameters)
        return fill_url(url, values) if url else None

    # Holes are named by letters and digits, placeholders by anything.
    marks = Marks(
        sources={key: str(place) for place, key in enumerate(keys)},
        special=leads,
        link=straight,
        picture=lambda _: None,
    )
    html = mark(as_html(message.content), marks).join(last=set_apart(mark(sound_html(disclaimer), marks).join()).html)
    return HOLE.sub(lambda found: IN_HTML[found[1][0]](values[keys[int(found[1][1:])]]), html)
