import pytest

from staffetta.messages import DynamicSender, MailKind
from staffetta.messages.senders import Mailbox, find_senders, mail_domain

DEFAULT = "Gazzetta <news@gazzetta.example>"


@pytest.mark.parametrize(
    ("email", "name", "expected"),
    [
        ("ada@example.org", "Ada", ("Ada <ada@example.org>", DEFAULT, "ada@example.org")),
        ("", "Ada", ("Ada <news@gazzetta.example>", None, "desk@gazzetta.example")),
        ("ada@example.org", "", ("Gazzetta <ada@example.org>", None, "desk@gazzetta.example")),
        ("", "", (DEFAULT, None, "desk@gazzetta.example")),
        ("not an address", "Ada", ("Ada <news@gazzetta.example>", None, "desk@gazzetta.example")),
        ("ada@example.org\r\nBcc: x@y.example", "Ada", ("Ada <news@gazzetta.example>", None, "desk@gazzetta.example")),
        ("ada@example.org", " \u202e\r\n", ("Gazzetta <ada@example.org>", None, "desk@gazzetta.example")),
        ("ada@bücher.example", "Ada", ("Ada <ada@xn--bcher-kva.example>", DEFAULT, "ada@xn--bcher-kva.example")),
        ("アダ@example.org", "Ada", ("Ada <news@gazzetta.example>", None, "desk@gazzetta.example")),
    ],
)
def test_a_sign_up_can_name_the_sender_of_its_confirmation(write_from, make_list, email, name, expected):
    message = write_from(email, name, mailing_list=make_list(reply_to="desk@gazzetta.example")).message

    assert (message["From"], message["Sender"], message["Reply-To"]) == expected


@pytest.mark.parametrize("kind", [MailKind.WELCOME, MailKind.GOODBYE, MailKind.NOTICE])
def test_only_confirmations_heed_the_sender_of_a_sign_up(write_from, kind):
    message = write_from("ada@example.org", "Ada", kind=kind).message

    assert message["From"] == DEFAULT
    assert message["Sender"] is None


def test_the_name_of_a_dynamic_sender_is_bounded(write_from):
    message = write_from("ada@example.org", "A" * 5000).message

    assert message["From"].addresses[0].display_name == "A" * 100


def test_a_list_without_reply_address_is_answered_where_it_writes_from(write):
    assert write().message["Reply-To"] == "news@gazzetta.example"


def test_a_list_without_sender_has_an_address_that_nobody_reads(make_list):
    senders = find_senders(make_list(sender_email="", sender_name=""), "mail.example:8025", None)

    assert senders.author == Mailbox("Gazzetta S.r.l.", "noreply@mail.example")
    assert senders.bounce_address == "noreply@mail.example"


def test_bounces_go_to_the_lists_bounce_address(make_list):
    senders = find_senders(make_list(bounced_email="bounce@gazzetta.example"), "mail.example", DynamicSender("a@b.cc"))

    assert senders.bounce_address == "bounce@gazzetta.example"


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("mail.example", "mail.example"),
        ("Mail.Example:8025", "mail.example"),
        ("posta.bücher.example", "posta.xn--bcher-kva.example"),
        ("127.0.0.1:8025", "localhost.localdomain"),
        ("[::1]:8025", "localhost.localdomain"),
        ("localhost", "localhost.localdomain"),
        ("a.example>\r\nBcc: x", "localhost.localdomain"),
        ("", "localhost.localdomain"),
    ],
)
def test_a_host_that_is_no_domain_lends_none(host, domain):
    assert mail_domain(host) == domain
