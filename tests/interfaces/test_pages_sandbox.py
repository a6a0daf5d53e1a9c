"""The pages of caught mail: the list, one mail beside it, and nothing in either that acts by itself."""

from datetime import UTC, datetime
from html import unescape

import pytest

from interfaces.test_pages_outline import Outline
from staffetta.interfaces.sandbox.pages import Listing, MailContent, MailRow, mail_list, mail_missing, mail_view

HINT = "curl -d 'email=ada@example.org&list=1' http://localhost:8080/frontend/subscribe.aspx"
HOSTILE = "\"'><script>alert(1)</script>{{ 7*7 }}&amp;</textarea></pre>"
FRAME = "/sandbox/mail/7/html"


def make_row(number: int, subject: str = "Please confirm") -> MailRow:
    return MailRow(
        id=number,
        url=f"/sandbox/mail/{number}?q=ada&page=2",
        to="ada@example.org",
        from_="News <news@example.com>",
        subject=subject,
        caught_at=datetime(2026, 1, 2, 12, 30, 5, tzinfo=UTC),
        kind="confirmation",
    )


def make_listing(*mails: MailRow, search: str = "") -> Listing:
    return Listing(mails=mails, url="/sandbox/mail", search=search, total=len(mails))


def make_content(text: str = "Hello Ada", frame_url: str = FRAME) -> MailContent:
    return MailContent(
        headers=[("Subject", "Please confirm"), ("To", "ada@example.org")],
        text=text,
        source_url="/sandbox/mail/7/source",
        frame_url=frame_url,
    )


SEVEN = make_row(7)
PAGES = {
    "list": mail_list(make_listing(SEVEN, make_row(6)), hint=HINT),
    "empty": mail_list(make_listing(), hint=HINT),
    "no match": mail_list(make_listing(search=HOSTILE), hint=HINT),
    "mail": mail_view(SEVEN, make_content(), listing=make_listing(SEVEN, make_row(6))),
    "text only": mail_view(SEVEN, make_content(frame_url=""), listing=make_listing(SEVEN)),
    "hostile": mail_view(make_row(7, HOSTILE), make_content(HOSTILE), listing=make_listing(make_row(7, HOSTILE))),
    "missing": mail_missing(make_listing(SEVEN)),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_caught_mail_is_whole(name):
    page = Outline(PAGES[name])

    assert page.open == page.mistakes == []
    assert page.languages == ["en"]
    assert page.count("h1") == page.count("main") == page.count("title") == 1
    assert page.count("script") == page.count("style") == 0
    assert page.inputs <= page.labelled
    assert len(page.ids) == len(set(page.ids))
    assert {"type": "search", "id": "q", "name": "q"}.items() <= page.attributes("input")[0].items()


def test_the_list_leads_to_every_mail_in_the_order_given():
    page = Outline(PAGES["list"])

    links = [link["href"] for link in page.attributes("a")]
    assert links[-2:] == ["/sandbox/mail/7?q=ada&page=2", "/sandbox/mail/6?q=ada&page=2"]
    assert {"datetime": "2026-01-02T12:30:05+00:00"} in page.attributes("time")


def test_the_list_leads_to_newer_and_older_mails_where_there_are_any():
    listing = Listing(mails=[SEVEN], url="/m", page=2, total=150, newer_url="/m?page=1", older_url="/m?page=3")

    page = Outline(mail_list(listing, hint=HINT))

    links = {link["href"] for link in page.attributes("a")}
    assert {"/m?page=1", "/m?page=3"} <= links
    assert "page=" not in "".join(str(link["href"]) for link in Outline(PAGES["empty"]).attributes("a"))


def test_an_empty_list_says_what_to_do_next():
    assert HINT in unescape(PAGES["empty"])


def test_a_search_is_kept_in_its_box():
    page = Outline(PAGES["no match"])

    assert page.attributes("input")[0]["value"] == HOSTILE
    assert HINT not in unescape(PAGES["no match"])


def test_the_mail_is_shown_in_a_frame_that_can_only_open_links_elsewhere():
    (frame,) = Outline(PAGES["mail"]).attributes("iframe")

    assert frame["src"] == FRAME
    assert frame["sandbox"] == "allow-popups allow-popups-to-escape-sandbox"
    assert frame["title"]


def test_the_mail_being_read_is_marked_in_the_list():
    current = [link["href"] for link in Outline(PAGES["mail"]).attributes("a") if "aria-current" in link]

    assert current == [SEVEN.url]


def test_a_mail_without_html_shows_its_text_at_once():
    page = Outline(PAGES["text only"])

    assert page.count("iframe") == 0
    assert [field["id"] for field in page.attributes("input") if "checked" in field] == ["view-text"]


def test_the_text_of_a_mail_keeps_its_first_line_and_its_blanks():
    html = mail_view(SEVEN, make_content("\n  Hello\n\n  Ada"), listing=make_listing(SEVEN))

    # HTML drops one line break after <pre>, which must not be the mail's own.
    assert '<pre tabindex="0">\n\n  Hello\n\n  Ada</pre>' in html


def test_what_is_in_a_mail_does_nothing():
    assert Outline(PAGES["hostile"]).count("script") == 0
    assert unescape(PAGES["hostile"]).count(HOSTILE) == 4
