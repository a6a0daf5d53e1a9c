"""Looking at what a message says before it is sent: its subject, HTML, links, images and merge fields."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from lxml import etree

from staffetta.campaigns.closing import sound_html
from staffetta.campaigns.findings import Finding, Level, named
from staffetta.campaigns.linking import SPECIAL, UNSUBSCRIBE, as_html, bare_address, special_link
from staffetta.campaigns.merging import key_of
from staffetta.campaigns.model import Message
from staffetta.campaigns.preflight_links import is_whole, placeholders_in, why_broken
from staffetta.campaigns.preflight_names import Names
from staffetta.campaigns.rewriting import leads_of

# Gmail shows the first 102 kB of an HTML part and hides the rest, with the unsubscribe link at its end, behind a link.
CLIPPED_OCTETS = 102 * 1024
# Ours: nobody reads so much mail, and a million of them are a terabyte for the relay.
MOST_OCTETS = 1024 * 1024
# What phones show of a subject, twice over.
LONG_SUBJECT = 120

# What stands where: a merge field, in square brackets on one line.
MERGE_FIELD = re.compile(r"\[([^\[\]<>\r\n]{1,50})\]")
OPEN_FIELD = re.compile(r"\[([^\[\]<>\r\n]{1,50}+)(?![^\[\]<>\r\n]*\])")
NUMBERED = re.compile(r"campo\d{1,3}", re.IGNORECASE)
# What looks like the name of a field, and not like `[1]` or `[...]`.
NAMELIKE = re.compile(r"[^\W\d][\w .'-]*")
PUNCTUATION = ".,;:!?)"
UNSHOWN = frozenset(("iframe", "frame", "object", "embed", "applet", "form", "video", "audio", "base"))
# Attributes whose texts people read.
SHOWN = ("alt", "title")
SILENT = frozenset(("script", "style", "title", "head"))


class Page(NamedTuple):
    """An HTML content that was read: what it says, where it leads, what it shows and what it is made of.

    Of each image its address, and whether it has an alternative text, which may be empty.
    """

    texts: list[str]
    links: list[str]
    images: list[tuple[str, bool]]
    tags: frozenset[str] = frozenset()
    handlers: frozenset[str] = frozenset()


NOTHING = Page([], [], [])


def judge_content(message: Message, names: Names, *, disclaimer: str = "") -> Iterator[Finding]:
    """Yield what is to be said of a message's texts. It takes up to 100 ms, which no transaction should wait for.

    What is too long to be sent is not looked at any further. `disclaimer` is what the list adds to its messages.
    """
    yield _subject(message.subject)
    yield _pre_header(message.pre_header)
    octets = len(message.content.encode("utf-8", "replace"))
    yield _size(octets)
    if octets > MOST_OCTETS:
        return
    page = read_page(message.content)
    if page is None:
        yield Finding(
            "content", Level.RED, "The content cannot be read as HTML: too deeply nested, or too long a text."
        )
        return
    yield _words(page)
    yield from _made_of(page)
    filled = names if message.uses_fields else Names({})
    yield from _links(page, filled)
    yield _way_out(message, page, filled, disclaimer)
    yield from _images(page)
    yield from _merge_fields(message, page, names)


def read_page(content: str) -> Page | None:
    """Return what an HTML content has in it, however it is written; None where it is beyond reading."""
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, recover=True
    )
    octets = content.encode("utf-8", "replace")
    if not octets.strip():
        return NOTHING
    try:
        root = etree.fromstring(octets, parser)
    except etree.XMLSyntaxError:
        return None
    return NOTHING if root is None else _page(root)


def _page(root: Any) -> Page:
    texts: list[str] = []
    links: list[str] = []
    images: list[tuple[str, bool]] = []
    tags: set[str] = set()
    handlers: set[str] = set()
    for element in root.iter(etree.Element):
        tag = element.tag.lower()
        tags.add(tag)
        attributes = element.attrib
        own = "" if tag in SILENT else element.text
        texts += [part for part in (own, element.tail, *map(attributes.get, SHOWN)) if part and not part.isspace()]
        if tag in ("a", "area") and "href" in attributes:
            links.append(attributes["href"])
        if tag == "img":
            images.append((attributes.get("src", ""), "alt" in attributes))
        handlers.update(name for name in attributes if name.startswith("on"))
    return Page(texts, links, images, frozenset(tags), frozenset(handlers))


def _subject(subject: str) -> Finding:
    if not subject.strip():
        return Finding("subject", Level.RED, "The subject is empty: write one.")
    if len(subject) > LONG_SUBJECT:
        text = f"The subject has {len(subject)} characters; mail programs show the first 40 to 80."
        return Finding("subject", Level.AMBER, text)
    return Finding("subject", Level.GREEN, "The subject is there, and not too long.")


def _pre_header(pre_header: str) -> Finding:
    if pre_header.strip():
        return Finding("pre-header", Level.GREEN, "There is a pre-header.")
    text = "There is no pre-header: mail programs show the first words of the content beside the subject."
    return Finding("pre-header", Level.AMBER, text)


def _size(octets: int) -> Finding:
    kilobytes = f"{octets / 1024:,.0f} kB"
    if octets > MOST_OCTETS:
        return Finding("size", Level.RED, "The HTML is above 1 MB, and is not looked at: shorten it.", kilobytes)
    if octets > CLIPPED_OCTETS:
        text = "Gmail hides what is beyond 102 kB of HTML, with the unsubscribe link at its end; shorten it."
        return Finding("size", Level.AMBER, text, kilobytes)
    return Finding("size", Level.GREEN, "The HTML is short enough to be shown whole.", kilobytes)


def _words(page: Page) -> Finding:
    if page.texts:
        return Finding("text", Level.GREEN, "The content has text.")
    if page.images:
        text = "The content is images alone: filters distrust it, and where images are off there is nothing to read."
        return Finding("text", Level.AMBER, text)
    return Finding("text", Level.RED, "The content is empty: there is nothing to send.")


def _made_of(page: Page) -> Iterator[Finding]:
    if "script" in page.tags:
        text = "There is a script in the content: mail programs remove it, and filters refuse such mail. Take it out."
        yield Finding("script", Level.RED, text)
    if unshown := sorted(page.tags & UNSHOWN):
        text = "The content has elements that mail programs do not show; a link to a page does what they would."
        yield Finding("elements", Level.AMBER, text, named(unshown))
    if page.handlers:
        text = "The content has attributes that would run scripts; mail programs remove them."
        yield Finding("handlers", Level.AMBER, text, named(sorted(page.handlers)))


def _links(page: Page, names: Names) -> Iterator[Finding]:
    broken = [f"{link.strip() or '(empty)'}: {reason}" for link in page.links if (reason := why_broken(link, names))]
    if broken:
        yield Finding("links", Level.RED, "There are links that lead nowhere: mend or remove them.", named(broken))
    elif page.links:
        yield Finding("links", Level.GREEN, "All links are well-formed. None was followed.", f"{len(page.links)}")
    yield from _told(
        "whole-links",
        "These lead where the field says: to nowhere for whoever has no address with http:// or https:// in it.",
        (link.strip() for link in page.links if is_whole(link, names)),
    )


def _way_out(message: Message, page: Page, names: Names, disclaimer: str) -> Finding:
    in_text = (SPECIAL.get(key_of(each)) for each in _in_brackets(page))
    is_written = UNSUBSCRIBE in (*(special_link(bare_address(link)) for link in page.links), *in_text)
    if is_written and UNSUBSCRIBE in leads_of(as_html(message.content), names.sources):
        return Finding("unsubscribe-link", Level.GREEN, "The content has an unsubscribe link.")
    if UNSUBSCRIBE in leads_of(sound_html(disclaimer), names.sources):
        return Finding("unsubscribe-link", Level.GREEN, "The list's disclaimer has an unsubscribe link.")
    if is_written:
        text = "Nobody sees the unsubscribe link of the content, which is hidden: a footer with another is added."
        return Finding("unsubscribe-link", Level.AMBER, text)
    text = "The content has no unsubscribe link, http://[unsubscribe]/: a footer with one is added."
    return Finding("unsubscribe-link", Level.GREEN, text)


def _in_brackets(page: Page) -> list[str]:
    return [each for text in page.texts for each in MERGE_FIELD.findall(text)]


def _images(page: Page) -> Iterator[Finding]:
    if not page.images:
        return
    if without := [source.strip() or "(no src)" for source, has_alt in page.images if not has_alt]:
        text = (
            'Images without alt text say nothing where images are off, and to who cannot see; alt="" is for ornament.'
        )
        yield Finding("alt-text", Level.AMBER, text, named(without))
    else:
        yield Finding("alt-text", Level.GREEN, "All images have alt text.")
    if unshown := [source for source, _ in page.images if not _may_be_shown(source)]:
        text = "Images whose address is not one of the web are not shown."
        yield Finding("images", Level.AMBER, text, named(each.strip() or "(no src)" for each in unshown))


def _may_be_shown(source: str) -> bool:
    return source.strip().lower().startswith(("http://", "https://", "cid:", "["))


def _merge_fields(message: Message, page: Page, names: Names) -> Iterator[Finding]:
    read = "\n".join((message.subject, message.pre_header, *page.texts))
    used = [each for each in MERGE_FIELD.findall(read) if key_of(each) not in SPECIAL]
    in_links = [name for link in page.links for name in placeholders_in(link)]
    known = [each for each in dict.fromkeys((*used, *in_links)) if names.known(each)]
    if not message.uses_fields:
        text = "Merge fields go out as they are written: this message fills none in. Turn `UseDynamicField` on."
        yield from _told("merge-fields", text, (f"[{each}]" for each in known))
        return
    yield from _told(
        "unclosed-fields",
        "Merge fields without a closing bracket go out as they are written.",
        (f"[{each.strip()}" for each in OPEN_FIELD.findall(read) if _meant(each, names.known)),
    )
    yield from _told(
        "unknown-fields",
        "There are no such fields: these go out as they are written.",
        (f"[{each}]" for each in used if _misses(each, names)),
    )
    yield from _told(
        "link-brackets",
        "Brackets in these links name no field, and stay as they are: mend them, unless the page wants them so.",
        (link.strip() for link in page.links if any(_misses(each, names) for each in placeholders_in(link))),
    )
    numbers = {each: names.number(each) for each in known}
    yield from _told(
        "field-defaults",
        "Who has no value in these fields reads nothing in their place: give the message default values.",
        (f"[{each}]" for each, number in numbers.items() if number and not message.default_values.get(number)),
    )


def _misses(name: str, names: Names) -> bool:
    return not names.known(name) and NAMELIKE.fullmatch(name) is not None


def _meant(text: str, known: Callable[[str], bool]) -> bool:
    """Tell whether an open bracket begins a merge field: the first words after it are a field's name."""
    words = text.split()
    names = (" ".join(words[:count]).rstrip(PUNCTUATION) for count in range(1, 1 + len(words)))
    return any(known(name) or NUMBERED.fullmatch(name) for name in names)


def _told(code: str, text: str, things: Iterator[str]) -> Iterator[Finding]:
    if detail := named(things):
        yield Finding(code, Level.AMBER, text, detail)
