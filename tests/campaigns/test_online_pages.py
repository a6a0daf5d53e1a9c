"""A message in a browser, for one person and for everybody."""

from campaigns.mailings import ADA, mailing_of, message_of, person
from staffetta.campaigns import ONLINE_VERSION, UNSUBSCRIBE, Tracking, online_page

CONTENT = (
    '<p>Hi [nome] [x]</p><a href="https://a.example/?n=[nome]&amp;b">x</a>'
    '<a href="http://[unsubscribe]/">y</a><a href="[online]">z</a>'
)


def test_a_person_sees_their_own_values():
    mailing = mailing_of(message_of(CONTENT, pre_header="hidden"))

    page = online_page(mailing, person({"1": "A & b"}), leads={UNSUBSCRIBE: "https://mail.example/u/T?a=1&b"})

    assert page == (
        '<p>Hi A &amp; b [x]</p><a href="https://a.example/?n=A%20%26%20b&amp;b">x</a>'
        '<a href="https://mail.example/u/T?a=1&amp;b">y</a><a href="#">z</a>'
    )


def test_nobody_sees_default_values():
    mailing = mailing_of(message_of("<p>[nome]|[email]|[name]|</p>", default_values={1: "friend"}))

    assert online_page(mailing, None) == "<p>friend|||</p>"


def test_values_of_the_sending_are_seen():
    mailing = mailing_of(message_of("<p>[nome] [cognome]</p>"), values={2: "Byron"})

    assert online_page(mailing, ADA) == "<p>Ada Byron</p>"


def test_links_have_their_parameters_and_the_disclaimer_is_below():
    message = message_of('<body><a href="https://a.example/">x</a></body>', tracking=Tracking(custom_params="m=1"))
    mailing = mailing_of(message, settings={"link_tracking_parameters": "l=2", "disclaimer": "Small [nome] <!-- open"})

    page = online_page(mailing, ADA, leads={ONLINE_VERSION: "x"})

    assert 'href="https://a.example/?m=1&amp;l=2"' in page
    assert page.endswith(">Small Ada </div>\n</body>")


def test_a_text_becomes_a_page():
    page = online_page(mailing_of(message_of("One\nhttps://a.example/")), ADA)

    assert page == 'One<br>\n<a href="https://a.example/">https://a.example/</a>'
