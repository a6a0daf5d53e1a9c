"""What stands in brackets, and what a person's mail has there."""

import pytest

from campaigns.mailings import ADA, NOBODY, mailing_of, message_of, person, send, send_content
from staffetta.lists import Field


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("[nome]", "Ada"),
        ("[NoMe]", "Ada"),
        ("[ nome ]", "Ada"),
        ("[campo1]", "Ada"),
        ("[Campo2]", "Lovelace"),
        ("[email]", "ada@example.org"),
        ("[name]", "Ada L."),
        ("[città di nascita]", "London"),
        ("[CITTÀ  DI NASCITA]", "London"),
        ("[citt&agrave; di&nbsp;nascita]", "London"),
        ("[citta\u0300 di nascita]", "London"),
        ("[other]", "[other]"),
        ("[campo99]", "[campo99]"),
        ("[nome", "[nome"),
        ("nome]", "nome]"),
        ("[[nome]]", "[Ada]"),
        ("[no<b>me]</b>", "[no<b>me]</b>"),
        ("[]", "[]"),
    ],
)
def test_brackets_around_a_field_are_replaced_and_others_stay(written, expected):
    mail = send_content(f"<p>-{written}-</p>", person({"1": "Ada", "2": "Lovelace", "3": "London"}))

    assert f"<p>-{expected}-</p>" in mail.html


def test_where_fields_are_not_used_all_brackets_stay():
    mail = send_content("<p>[nome] [email]</p>", uses_fields=False, subject="[nome]")

    assert "<p>[nome] [email]</p>" in mail.html
    assert mail.message["Subject"] == "[nome]"


def test_who_has_no_value_gets_the_default_one():
    message = message_of("<p>[nome]|[cognome]</p>", default_values={1: "<friend>"})

    empty = send(mailing_of(message), person({"1": "", "2": ""}))

    assert "<p>&lt;friend&gt;|</p>" in empty.html
    assert empty.text.startswith("<friend>|\n")
    assert "&lt;friend&gt;" in send(mailing_of(message), NOBODY).html


def test_a_sending_s_own_values_come_before_a_person_s():
    mail = send(mailing_of(message_of("<p>[nome] [cognome]</p>"), values={1: "Grace"}))

    assert "<p>Grace Lovelace</p>" in mail.html


def test_values_are_text_in_html():
    to = person({"1": "<b>\"A' & b", "2": "one\r\ntwo "})

    mail = send_content('<p title="[nome]">[nome]|[cognome]|</p>', to)

    assert "&lt;b&gt;&quot;A&#x27; &amp; b|one\ntwo |</p>" in mail.html
    assert mail.text.startswith("<b>\"A' & b|one\ntwo |")


def test_a_value_cannot_leave_an_attribute_without_quotes():
    mail = send_content("<p title=[nome]>x</p>", person({"1": "a onclick=`x`\n>"}))

    assert "<p title=a&#32;onclick&#61;&#96;x&#96;&#10;&gt;>x</p>" in mail.html


def test_nothing_is_filled_into_scripts_styles_and_comments():
    content = "<style>p[nome]{}</style><script>[nome]</script><!--[nome]--><p>x</p>"

    assert content in send_content(content).html


def test_a_title_is_filled():
    assert "<title>For Ada</title>" in send_content("<title>For [nome]</title><p>x</p>").html


def test_a_field_called_as_a_page_of_ours_comes_first_unless_an_address_is_meant():
    mailing = mailing_of(
        message_of('<p>[online]</p><a href="http://[online]/">x</a>'), fields=(Field(id=1, name="Online"),)
    )

    mail = send(mailing)

    assert "<p>Ada</p>" in mail.html
    assert "/w/" in mail.hrefs[0]


def test_fields_that_are_not_text_are_read_as_such():
    mail = send_content("<p>[nome] [cognome]</p>", ADA._replace(fields='{"1": 5, "2": null}'))

    assert "<p>5 </p>" in mail.html


def test_a_pre_header_has_fields():
    mail = send_content("<p>x</p>", pre_header="For [nome] & <you>")

    assert ">For Ada &amp; &lt;you&gt;&#8199;" in mail.html


def test_brackets_beyond_thousands_stay():
    mail = send_content("<p>[nome]</p>" * 6_000 + '<a href="http://[unsubscribe]/">x</a>')

    assert mail.html.count("Ada") == 5_000
    assert mail.html.count("[nome]") == 1_000
    assert "/u/" in mail.hrefs[0]
