"""Confirmation requests that people write."""

import pytest

from campaigns.mailings import ADA, FIELDS, attributes, mailing_of, message_of, person
from campaigns.written import write
from recipients.people import make_list, sign_up
from staffetta.campaigns import (
    Addressee,
    Asked,
    AsksNobody,
    Draft,
    Message,
    Request,
    UnknownMessage,
    change_message,
    delete_message,
    find_requests,
    require_request,
    write_request,
)
from staffetta.campaigns.asking import WrittenRequest
from staffetta.db import Transaction
from trying import NOON

CONFIRM_URL = "https://mail.example/c/T?a=1&b"
LEAVE_URL = "https://mail.example/u/T"
ASKING = '<p>Ciao [nome]</p><a href="http://[sub]/">Sì</a>'


def written(message: Message, to: Addressee | None = ADA, **settings: str) -> WrittenRequest:
    mailing_list = mailing_of(settings=settings).mailing_list
    request = Request(message, FIELDS, to)
    return write_request(request, mailing_list, confirm_url=CONFIRM_URL, unsubscribe_url=LEAVE_URL)


def test_a_request_leads_to_the_pages_of_whom_it_asks():
    content = (
        f'{ASKING}<a href="[unsubscribe]">No</a><a href="http://[online]/">x</a><a href="https://a.example/">y</a>'
    )

    request = written(message_of(content, subject="Confirm, [nome]"), disclaimer="Via Roma 1")

    hrefs = [value for name, value in attributes(request.html) if name == "href"]
    assert hrefs == [CONFIRM_URL, LEAVE_URL, "#", "https://a.example/"]
    assert request.subject == "Confirm, Ada"
    assert request.html.startswith("<p>Ciao Ada</p>")
    assert "Via Roma 1" in request.html
    assert "Ciao Ada" in request.text
    assert f"Sì <{CONFIRM_URL}>" in request.text


def test_fields_stay_as_they_are_where_a_message_does_not_use_them():
    request = written(message_of(ASKING, subject="[nome]", uses_fields=False))

    assert request.subject == "[nome]"
    assert request.html.startswith("<p>Ciao [nome]</p>")


def test_who_is_gone_is_asked_with_default_values():
    assert written(message_of(ASKING, default_values={1: "friend"}), None).html.startswith("<p>Ciao friend</p>")


@pytest.mark.parametrize(
    "value", ["<b>", "\ufdd0confirm_url\ufdd1", "\ufdd2unsubscribe_url\ufdd3x\ufdd4", "a\r\nBcc: eve@example.org"]
)
def test_a_value_is_text_whatever_it_holds(value):
    request = written(message_of(ASKING, subject="Hi [nome]"), person({"1": value}))

    assert "<b>" not in request.html
    assert not set("\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4") & set(request.subject + request.html + request.text)
    assert "\n" not in request.subject


@pytest.mark.parametrize("content", [ASKING, "Confirm: http://[sub]/", '<a href="https://[SUB]">x</a>', "[sub]"])
def test_a_message_with_a_link_to_confirm_asks(tx: Transaction, content):
    message = write(tx, content=content)

    require_request(tx, 1, message.id)


@pytest.mark.parametrize(
    "content",
    ["<p>Hello</p>", '<a href="http://[unsubscribe]/">x</a>', f"<!-- {ASKING} -->", f"<div hidden>{ASKING}</div>"],
)
def test_a_message_without_such_a_link_asks_nobody(tx: Transaction, content):
    message = write(tx, content=content)

    with pytest.raises(AsksNobody):
        require_request(tx, 1, message.id)


def test_a_message_of_another_list_asks_nobody(tx: Transaction):
    message = write(tx, make_list(tx).id, content=ASKING)

    with pytest.raises(UnknownMessage):
        require_request(tx, 1, message.id)


def test_a_request_is_found_as_long_as_its_message_asks(tx: Transaction):
    ada = sign_up(tx).recipient_id
    message = write(tx, content=ASKING, uses_fields=True)
    other = make_list(tx).id
    found, gone, elsewhere = find_requests(
        tx, [Asked(1, message.id, ada), Asked(1, message.id, ada + 1), Asked(other, message.id, ada)]
    )
    change_message(tx, 1, message.id, Draft(content="<p>Hello</p>"), now=NOON)
    changed = find_requests(tx, [Asked(1, message.id, ada)])
    delete_message(tx, 1, message.id)
    deleted = find_requests(tx, [Asked(1, message.id, ada)])

    assert found is not None
    assert found.to is not None
    assert found.to.email == "ada@example.org"
    assert gone is not None
    assert gone.to is None
    assert [elsewhere, *changed, *deleted] == [None, None, None]
