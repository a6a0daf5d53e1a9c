import pytest

from recipients.people import (
    ADA,
    BASE,
    EVIDENCE,
    MINUTE,
    MOBILE,
    confirm,
    mails,
    make_list,
    profile,
    set_list,
    sign_up,
    status,
)
from staffetta.kit.languages import Language
from staffetta.recipients import Cause, Status, UnknownRecipient, history, suppress, unsubscribe, unsubscribe_address
from trying import NOON

IN, OUT, WAIT, NEW = Status.SUBSCRIBED, Status.UNSUBSCRIBED, Status.PENDING, Status.NOT_REGISTERED


def test_all_lists_of_a_request_are_confirmed(tx):
    news = make_list(tx)
    recipient_id = sign_up(tx, lists=(1, news.id), ask_for=1).recipient_id

    confirmed = confirm(tx, recipient_id, 1, news.id)

    assert confirmed == [1, news.id]
    assert (status(tx), status(tx, news.id)) == (IN, IN)


def test_lists_that_the_request_does_not_name_are_not_confirmed(tx):
    news = make_list(tx)
    recipient_id = sign_up(tx, lists=(1, news.id)).recipient_id

    confirm(tx, recipient_id, news.id)

    assert (status(tx), status(tx, news.id)) == (WAIT, IN)


def test_a_second_visit_changes_nothing_and_says_the_same(tx):
    recipient_id = sign_up(tx).recipient_id
    first = confirm(tx, recipient_id)
    written, planned = len(history(tx, ADA.text)), len(mails(tx))

    second = confirm(tx, recipient_id, now=NOON + MINUTE)

    assert first == second == [1]
    assert (len(history(tx, ADA.text)), len(mails(tx))) == (written, planned)


def test_who_has_unsubscribed_meanwhile_stays_so(tx):
    recipient_id = sign_up(tx).recipient_id
    unsubscribe_address(tx, 1, ADA, evidence=EVIDENCE, now=NOON, **BASE)

    assert confirm(tx, recipient_id) == [1]
    assert status(tx) == OUT
    assert mails(tx, "welcome") == []


def test_who_complained_meanwhile_stays_away(tx):
    recipient_id = sign_up(tx).recipient_id
    suppress(tx, ADA.text, cause=Cause.COMPLAINT, evidence=EVIDENCE, now=NOON)

    confirm(tx, recipient_id)

    assert status(tx) == OUT


def test_who_was_never_on_a_list_is_not_put_on_it(tx):
    news = make_list(tx)
    recipient_id = sign_up(tx).recipient_id

    confirm(tx, recipient_id, 1, news.id)

    assert status(tx, news.id) == NEW


def test_a_number_given_with_the_address_is_confirmed_with_it(tx):
    recipient_id = sign_up(tx, mobile=MOBILE).recipient_id

    confirm(tx, recipient_id)

    assert (status(tx), status(tx, 1, MOBILE)) == (IN, IN)


def test_one_welcome_mail_names_the_lists_that_ask_for_one(tx):
    quiet, news = make_list(tx, subscribed_email=False), make_list(tx, "Offers", subscribed_email=True)
    signed_up = sign_up(tx, lists=(1, quiet.id, news.id), ask_for=1, language=Language.JA)

    confirm(tx, signed_up.recipient_id, 1, quiet.id, news.id)

    [mail] = mails(tx, "welcome")
    assert (mail.address, mail.list_id, mail.recipient_id) == (ADA.text, 1, signed_up.recipient_id)
    assert mail.details == {"lists": [1, news.id], "base_url": "https://news.example", "language": "ja"}


def test_a_list_that_asks_for_no_welcome_mail_gets_none(tx):
    set_list(tx, subscribed_email=False)

    confirm(tx, sign_up(tx).recipient_id)

    assert mails(tx, "welcome") == []


def test_a_sign_up_without_confirmation_is_not_welcomed(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id

    confirm(tx, recipient_id)

    assert mails(tx) == []


def test_a_list_that_is_gone_is_left_out(tx):
    recipient_id = sign_up(tx).recipient_id

    assert confirm(tx, recipient_id, 99, 1) == [1]


def test_who_comes_back_is_confirmed_anew(tx):
    recipient_id = sign_up(tx, confirm=False).recipient_id
    unsubscribe(tx, recipient_id, (1,), cause=Cause.LINK, evidence=EVIDENCE, now=NOON, **BASE)
    sign_up(tx)

    confirm(tx, recipient_id)

    assert status(tx) == IN


def test_a_recipient_of_another_account_is_not_found(tx, stranger):
    theirs = sign_up(stranger)
    while (ours := sign_up(tx, email=ADA.parse(f"x{len(mails(tx))}@example.org"))).recipient_id < theirs.recipient_id:
        pass

    confirm(tx, ours.recipient_id)

    assert status(stranger) == WAIT
    assert profile(stranger, theirs).recipient.email == ADA.text
    with pytest.raises(UnknownRecipient):
        confirm(tx, theirs.recipient_id + 10_000)
