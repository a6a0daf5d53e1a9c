import pytest

from recipients.people import ADA, BOB, MOBILE, OTHER_MOBILE, make_list, sign_up
from staffetta.recipients import Sought, Status, UnknownRecipient, find, search


def ids(found):
    return [each.recipient.id for each in found]


def test_people_are_found_by_any_of_what_they_are_known_by(tx):
    ada = sign_up(tx, mobile=MOBILE, confirm=False).recipient_id
    bob = sign_up(tx, email=BOB, mobile=OTHER_MOBILE, confirm=False).recipient_id

    assert ids(search(tx, Sought(emails=(ADA.text,)))) == [ada]
    assert ids(search(tx, Sought(mobiles=(OTHER_MOBILE.digits,)))) == [bob]
    assert ids(search(tx, Sought(ids=(ada,), emails=(ADA.text, BOB.text, "nobody@example.org")))) == [bob, ada]
    assert ids(search(tx, Sought(emails=("nobody@example.org",)))) == ids(search(tx, Sought())) == []


def test_who_is_found_is_told_with_every_subscription(tx):
    news = make_list(tx)
    sign_up(tx, mobile=MOBILE, fields={1: "Ada"}, confirm=False)
    sign_up(tx, lists=(news.id,))

    (found,) = search(tx, Sought(emails=(ADA.text,)))

    assert found.recipient.fields == {"1": "Ada"}
    assert [(each.list_id, each.channel, each.status) for each in found.subscriptions] == [
        (1, 0, Status.SUBSCRIBED),
        (1, 1, Status.SUBSCRIBED),
        (news.id, 0, Status.PENDING),
    ]


def test_a_recipient_is_found_by_id(tx):
    recipient_id = sign_up(tx, name="Ada").recipient_id

    assert find(tx, recipient_id)[:4] == (recipient_id, ADA.text, None, "Ada")


def test_recipients_of_another_account_are_not_found(tx, stranger):
    theirs = sign_up(stranger, mobile=MOBILE, confirm=False).recipient_id

    with pytest.raises(UnknownRecipient):
        find(tx, theirs)

    assert search(tx, Sought(ids=(theirs,), emails=(ADA.text,), mobiles=(MOBILE.digits,))) == []
