"""What a campaign's mail says: its author's content, marked, and what the platform puts around it."""

from collections.abc import Mapping
from html import escape
from typing import Final, NamedTuple
from urllib.parse import unquote

from staffetta.campaigns.closing import hidden_line, list_of_files, set_apart, sound_html, way_out
from staffetta.campaigns.embedding import Pictures
from staffetta.campaigns.layout import Body
from staffetta.campaigns.linking import (
    CONFIRM,
    ONLINE_VERSION,
    PREFERENCES,
    UNSUBSCRIBE,
    as_html,
    tracked_link,
)
from staffetta.campaigns.mailing import Mailing
from staffetta.campaigns.markup import sound_text
from staffetta.campaigns.merging import PLACEHOLDER_IN_URL, key_of, sources_of
from staffetta.campaigns.model import File
from staffetta.campaigns.plain_text import plain_text
from staffetta.campaigns.rewriting import Marks, mark
from staffetta.messages import hole
from staffetta.tracking import FOLLOW, ONLINE, PATHS, PIXEL, Purpose, Signer

_PIXEL: Final = '<img src="{url}" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">\n'


class Bodies(NamedTuple):
    """What a mail says; `personal` are the addresses with placeholders that it leads to, by number of the link."""

    body: Body
    personal: Mapping[int, str]


def write_bodies(mailing: Mailing, *, signer: Signer, base_url: str, images: Mapping[str, File]) -> Bodies:
    """Return what the mails of a sending say."""
    message, settings = mailing.message, mailing.mailing_list.settings
    language = settings.language or mailing.account.language
    pictures = Pictures(mailing.account, images if message.embeds_images else {})
    links = _Links(mailing, base_url)
    leave_url = f"{base_url}{PATHS[Purpose.LEAVE]}{hole('leave')}"
    marks = Marks(
        sources=sources_of(mailing.fields) if message.uses_fields else {},
        special={
            UNSUBSCRIBE: leave_url,
            ONLINE_VERSION: f"{base_url}{ONLINE}{hole('token')}",
            PREFERENCES: f"{base_url}{PATHS[Purpose.PREFERENCES]}{hole('profile')}",
            CONFIRM: "#",
        },
        link=links.find,
        picture=pictures.find,
    )
    content = mark(as_html(message.content), marks)
    pre_header = mark(escape(sound_text(message.pre_header)), marks).join()
    disclaimer = mark(sound_html(settings.disclaimer), marks)
    files = list_of_files(
        mailing.attachments, signer=signer, base_url=base_url, account_id=mailing.account.id, language=language
    )
    leave, small_print = way_out(mailing.mailing_list, leave_url, language), set_apart(disclaimer.join())
    has_way_out = UNSUBSCRIBE in content.leads | disclaimer.leads
    last = "".join((files.html, "" if has_way_out else leave.html, small_print.html))
    if settings.track_on_opened:
        last += _PIXEL.format(url=f"{base_url}{PIXEL}{hole('token')}")
    text = ""
    if settings.multipart_text:
        said = plain_text(content.join())
        # Less of the page is in it: no maps of pictures, and nothing beyond its greatest length.
        has_way_out = has_way_out and leave_url in said + small_print.text
        parts = (said, files.text, "" if has_way_out else leave.text, small_print.text)
        text = "\n\n".join(filter(None, parts)) + "\n"
    html = content.join(first=hidden_line(pre_header), last=last)
    return Bodies(Body(text, html, pictures.parts()), links.personal)


class _Links:
    """The links of a message that are counted, by their addresses."""

    def __init__(self, mailing: Mailing, base_url: str) -> None:
        self._numbers = {each.url: each.id for each in mailing.links}
        self._tracking = mailing.message.tracking
        self._parameters = mailing.mailing_list.settings.link_tracking_parameters
        self._follow_url = f"{base_url}{FOLLOW}"
        self._sources = sources_of(mailing.fields) if mailing.message.uses_fields else {}
        self.personal: dict[int, str] = {}

    def find(self, address: str) -> str | None:
        """Return the address by which a link is counted, with holes; None if it is not."""
        for parameters in (self._parameters, ""):
            url = tracked_link(address, self._tracking, parameters)
            number = self._numbers.get(url or "")
            if url and number is not None:
                return self._counted(number, url)
        return None

    def _counted(self, number: int, url: str) -> str:
        if any(key_of(unquote(found[1])) in self._sources for found in PLACEHOLDER_IN_URL.finditer(url)):
            self.personal[number] = url
            return hole(f"l{number}")
        return f"{self._follow_url}{hole('token')}/{number}"
