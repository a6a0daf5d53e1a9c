"""What a mail of a campaign has around its content: the pre-header, attached files, a way out, the disclaimer."""

from collections.abc import Sequence
from html import escape
from typing import Final, NamedTuple

from staffetta.campaigns.markup import Kind, pieces_of, sound_text
from staffetta.campaigns.model import Attachment
from staffetta.campaigns.plain_text import plain_text
from staffetta.kit.languages import Language, texts
from staffetta.lists import MailingList
from staffetta.messages import Contents, clean
from staffetta.tracking import AttachmentToken, Signer, attachment_link

_STYLE: Final = (
    "margin:16px auto 0;max-width:600px;padding:0 12px;color:#59616b;font:13px/1.5 Arial,Helvetica,sans-serif"
)
# What mail programs show beside the subject, and nobody in the message: it ends in blanks that keep the message itself
# from following it there.
_HIDDEN: Final = (
    '<div style="display:none;max-height:0;max-width:0;overflow:hidden;opacity:0;mso-hide:all;font-size:1px;'
    'line-height:1px;color:transparent">{text}' + "&#8199;&#847;" * 30 + "</div>\n"
)
LONGEST_REMINDER: Final = 1_000


class Closing(NamedTuple):
    """The same in HTML and as text."""

    html: str
    text: str


def hidden_line(text: str) -> str:
    """Return a pre-header in HTML, from HTML; empty if there is none."""
    return _HIDDEN.format(text=text) if text else ""


def list_of_files(
    attachments: Sequence[Attachment], *, signer: Signer, base_url: str, account_id: int, language: Language
) -> Closing:
    """Return links to what is attached to a message."""
    if not attachments:
        return Closing("", "")
    heading = texts("staffetta.campaigns", language)["attachments"]
    links = [
        (
            each.name,
            attachment_link(signer, base_url, AttachmentToken(account_id, each.message_id, each.slot), each.name),
        )
        for each in attachments
    ]
    items = "".join(f'<br>\n<a href="{escape(url)}" style="color:#1a56b0">{escape(name)}</a>' for name, url in links)
    text = "".join(f"\n- {name} <{url}>" for name, url in links)
    return Closing(f'<div style="{_STYLE}">{escape(heading)}:{items}</div>\n', f"{heading}:{text}")


def way_out(mailing_list: MailingList, unsubscribe_url: str, language: Language) -> Closing:
    """Return why a person gets a message, from whom, and how they leave the list."""
    words = texts("staffetta.campaigns", language)
    contents = Contents.of(mailing_list, (mailing_list.name,), language)
    reason = clean(contents.reminder, limit=LONGEST_REMINDER) or words["reason"].format(list=contents.names[0])
    sender = ", ".join(filter(None, (contents.company, contents.address)))
    html = (
        f'<div style="{_STYLE}">{escape(reason)}'
        f' <a href="{escape(unsubscribe_url)}" style="color:#59616b">{escape(words["unsubscribe"])}</a>'
        f"{'<br>' + escape(sender) if sender else ''}</div>\n"
    )
    lines = (reason, f"{words['unsubscribe']}: {unsubscribe_url}", sender)
    return Closing(html, "\n".join(filter(None, lines)))


def set_apart(html: str) -> Closing:
    """Return a list's disclaimer, or whatever else stands below its messages."""
    return Closing(f'<div style="{_STYLE}">{html}</div>\n', plain_text(html)) if html.strip() else Closing("", "")


def sound_html(html: str) -> str:
    """Return HTML up to where a comment or a quote is left open, so that it hides nothing that follows."""
    html = sound_text(html)
    for piece in pieces_of(html):
        if piece.kind is Kind.UNCLOSED:
            return html[: piece.start]
    return html
