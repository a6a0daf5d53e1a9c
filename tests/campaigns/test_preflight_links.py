"""Looking at where links lead, before a message is sent."""

from html import escape
from itertools import product
from urllib.parse import urlsplit

import pytest

from campaigns.mailings import FIELDS, mailing_of, message_of, person, send
from staffetta.campaigns import Tracking, fill_url
from staffetta.campaigns.merging import merge_values
from staffetta.campaigns.preflight_links import why_broken
from staffetta.campaigns.preflight_names import Names

NAMES = Names.of({1: "nome", 2: "Città di nascita"})


@pytest.mark.parametrize(
    "link",
    [
        "https://shop.example/",
        "HTTPS://SHOP.example:8443/a?b=c#d",
        " https://shop.example/ ",
        "https://shop.example/?a=[nome]&b=[campo2]",
        "https://shop.example/?a=%5Bcampo1%5D",
        "https://[campo1].shop.example/",
        "https://[campo1]/",
        "http://localhost:8080/",
        "https://münchen.example/ä ö",
        "http://[unsubscribe]/",
        "http://[Unsubscribe]",
        "https://[sub]/",
        "http://[online]/",
        "http://%5Bprofile%5D/",
        "https://shop.example/?to=[email]",
        "mailto:ada@shop.example?subject=Hi",
        "tel:+390123",
        "ftp://shop.example/",
        "#top",
        "[nome]",
        "%5bNOME%5d",
        "[campo2]?a=b",
        "http://a.example/?f[color]=red",
        "http://a.example/?f[0]=red",
        "http://a.example/#[0]",
        "https://a.example/menu%5B1%5D.pdf",
        "https://shop.example/?a=%5Bnope%5D",
        "https://[2001:db8::1]/x",
        "https://ada@[2001:DB8::1]:8443?f[0]",
        "https://a.example/%5bCitt%C3%A0%20di%20nascita%5d",
        "https://a.example/one\n  &two",
    ],
)
def test_links_that_may_lead_somewhere(link):
    assert why_broken(link, NAMES) == ""


@pytest.mark.parametrize(
    ("link", "reason"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("http://", "no host"),
        ("https:///page", "no host"),
        ("http:shop.example", "no host"),
        ("shop.example/page", "before it"),
        ("/page", "before it"),
        ("//shop.example/", "before it"),
        ("mailto:", "before it"),
        ("htp://shop.example", "before it"),
        ("javascript:alert(1)", "javascript:"),
        ("JavaScript:alert(1)", "javascript:"),
        ("data:text/html,x", "data:"),
        ("https://shop..example/", "no such host"),
        ("https://shop example/", "no such host"),
        ("https://shop", "no domain"),
        ("https://shop.example:99999/", "cannot be read"),
        ("https://shop.example:a/", "cannot be read"),
        ("https://[nope]/", "[nope]"),
        ("https://%5Bnope%5D.example/", "[nope]"),
        ("https://[nope]/?to=http://[::1]/", "[nope]"),
        ("https://[::1.example/", "cannot be read"),
        ("https://[:::::]/", "cannot be read"),
        ("[nope]", "[nope]"),
        ("[email]", "before it"),
        ("mailto:[nope]", "[nope]"),
        ("https://sh\x07op.example/", "control character"),
    ],
)
def test_links_that_lead_nowhere(link, reason):
    assert reason in why_broken(link, NAMES)


def resolves(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and ("." in host.strip(".") or ":" in host) and "[" not in host


@pytest.mark.parametrize("tracked", [True, False])
def test_no_link_is_broken_that_the_mail_of_somebody_resolves(tracked):
    bases = (
        "[nome]",
        "%5Bnome%5D",
        "[nope]",
        "https://a.example/",
        "https://[cognome].a.example/",
        "https://[nope].a.example/",
        "https://[2001:db8::1]:80/",
        "http://%5bCOGNOME%5d.example/",
        "HTTPS://[campo2].example",
        "https://[2001:db8::zz]/",
        "//a.example/",
        "[email]",
        "http:a.example",
    )
    rest = (
        "",
        "?f[color]=red",
        "?f[0]=red&g[]",
        "?a=[nome]",
        "#[x]",
        "%5bCitt%C3%A0%20di%20nascita%5d",
        "/menu[1].pdf",
        "?a\nb",
        "[",
        "?]",
    )
    links = [f"{base}{more}" for base, more in product(bases, rest)]
    to = person({"1": "https://b.example/", "2": "rossi", "3": "Milano"}, tracked=False)
    content = "".join(f'<a href="{escape(link)}">x</a>' for link in links)
    mailing = mailing_of(message_of(content, tracking=Tracking(enabled=tracked)))

    values = merge_values(FIELDS, mailing.message, to)
    followed = {str(link.id): fill_url(link.url, values) for link in mailing.links}
    hrefs = [followed[href.rpartition("/")[2]] if "/k/" in href else href for href in send(mailing, to).hrefs]

    names = Names.of({field.id: field.name for field in FIELDS})
    resolved = [link for link, href in zip(links, hrefs, strict=False) if resolves(href)]
    assert len(resolved) > 50
    assert [link for link in resolved if why_broken(link, names)] == []
